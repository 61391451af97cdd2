// SPDX-License-Identifier: Apache-2.0
// read_parquet.mjs duckdb|hyparquet FILE: the rows as JSON lines, numbers of 64 bits and times as text.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const modules = process.env.T2_NODE_MODULES;
const require = createRequire(join(modules, 'x.js'));
const [, , reader, file] = process.argv;

const plain = (v) => {
  if (v === null || v === undefined) return null;
  if (typeof v === 'bigint') return `${v}`;
  if (typeof v === 'number') return Number.isFinite(v) ? (Object.is(v, -0) ? '-0' : v) : `${v}`;
  if (v instanceof Date) return `${v.getTime()}`;
  if (Array.isArray(v)) return v.map(plain);
  if (typeof v === 'object') return Object.values(v).map(plain);
  return v;
};

if (reader === 'duckdb') {
  const duckdb = require('@duckdb/node-api');
  const value = (v) => {
    if (v instanceof duckdb.DuckDBTimestampNanosecondsValue) return `${v.nanos}`;
    if (v instanceof duckdb.DuckDBListValue) return v.items.map(value);
    if (v instanceof duckdb.DuckDBStructValue) return Object.values(v.entries).map(value);
    return plain(v);
  };
  const connection = await (await duckdb.DuckDBInstance.create(':memory:')).connect();
  const result = await connection.runAndReadAll(`SELECT * FROM read_parquet('${file}')`);
  for (const row of result.getRows()) console.log(JSON.stringify(row.map(value)));
} else {
  const load = async (name) => import(pathToFileURL(join(modules, 'node_modules', name)).href);
  const { parquetReadObjects } = await load('hyparquet/src/node.js');
  const { compressors } = await load('hyparquet-compressors/src/index.js');
  const bytes = readFileSync(file);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const parsers = { timestampFromNanoseconds: (v) => v };
  for (const row of await parquetReadObjects({ file: buffer, compressors, parsers, utf8: true })) {
    console.log(JSON.stringify(Object.values(row).map(plain)));
  }
}
