// SPDX-License-Identifier: Apache-2.0
// read_parquet.mjs duckdb|hyparquet|chdb FILE: the rows as JSON lines, numbers of 64 bits and times as text.
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
} else if (reader === 'chdb') {
  const { query } = require('chdb');
  const from = `FROM file('${file}', Parquet)`;
  const exact = 'SETTINGS output_format_json_quote_64bit_integers=1, output_format_json_quote_denormals=1, '
    + 'output_format_json_named_tuples_as_objects=0, input_format_parquet_preserve_order=1, max_threads=1';
  const types = query(`DESCRIBE (SELECT * ${from}) FORMAT JSONCompactEachRow`).trim().split('\n').map((l) => JSON.parse(l));
  const columns = types.map(([name, type]) => {
    const quoted = `\`${name.replace(/[\\`]/g, '\\$&')}\``;
    if (/^(Nullable\()?DateTime64/.test(type)) return `toUnixTimestamp64Nano(${quoted})`;
    if (/^Array\((Nullable\()?DateTime64/.test(type)) return `arrayMap(x -> toUnixTimestamp64Nano(x), ${quoted})`;
    return /Float32/.test(type) ? `CAST(${quoted}, '${type.replace(/Float32/g, 'Float64')}')` : quoted;  // all digits
  });
  const ns = (v) => {  // of times in a tuple
    if (Array.isArray(v)) return v.map(ns);
    const time = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)\.(\d{9})$/.exec(v);
    return time ? `${BigInt(Date.parse(`${time[1]}T${time[2]}Z`)) * 1000000n + BigInt(time[3])}` : v;
  };
  const text = query(`SELECT ${columns.join(', ')} ${from} FORMAT JSONCompactEachRow ${exact}`);
  for (const line of text.split('\n').slice(0, -1)) {
    const row = JSON.parse(line);
    console.log(JSON.stringify(row.map((v, i) => plain(/Tuple[^]*DateTime64/.test(types[i][1]) ? ns(v) : v))));
  }
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
