// SPDX-License-Identifier: Apache-2.0
// ftpDecode: FTP control connections, the data connections they announce, and the files in them.
#pragma once

#include "t2/settings.h"

namespace t2::ftp {

// clang-format off

/* ========================================================================== */
/* ------------------------ USER CONFIGURATION FLAGS ------------------------ */
/* ========================================================================== */

struct Config : Settings {
  Flag   FTP_SAVE     {this, "FTP_SAVE",      0, "save content to FTP_F_PATH"};

  Flag   FTP_CMD_AGGR {this, "FTP_CMD_AGGR",  1, "Aggregate FTP commands/response codes"};
  Flag   FTP_BTFLD    {this, "FTP_BTFLD",     0, "Bitfield coding of FTP commands"};

  Int    FTP_UXNMLN   {this, "FTP_UXNMLN",   10, {0, 255}, "maximal username length"};
  Int    FTP_PXNMLN   {this, "FTP_PXNMLN",   15, {0, 255}, "maximal password length"};
  Int    FTP_MXNMLN   {this, "FTP_MXNMLN",   50, {0, 255}, "maximal name length"};

  Int    FTP_MAXCPFI  {this, "FTP_MAXCPFI",  10, {0, 255}, "Maximal number of pfi"};
  Int    FTP_MAXUNM   {this, "FTP_MAXUNM",    5, {0, 255}, "Maximal number of users"};
  Int    FTP_MAXPNM   {this, "FTP_MAXPNM",    5, {0, 255}, "Maximal number of passwords"};
  Int    FTP_MAXCNM   {this, "FTP_MAXCNM",   20, {0, 255}, "Maximal number of parameters"};

  String FTP_PORTS    {this, "FTP_PORTS",  "21", "Control ports, separated by commas"};
  Flag   FTP_DETECT   {this, "FTP_DETECT",    1, "Find control connections on other ports by their content"};
  Int    FTP_REDACT   {this, "FTP_REDACT",    0, {0, 2}, "Hide credentials: 1 passwords, 2 user names too"};
  Int    FTP_CTL_MINLEN{this, "FTP_CTL_MINLEN", 0, {0, 4096}, "Least length of a line in a control transcript"};
  Flag   FTP_SAVE_TLS {this, "FTP_SAVE_TLS",  0, "save encrypted bytes, too"};
  Flag   FTP_LINES    {this, "FTP_LINES",     0, "index of lines beside each control transcript"};
  Flag   FTP_CAPTURE_DIGEST{this, "FTP_CAPTURE_DIGEST", 1, "SHA-256 of the captures in the manifest"};

  Int    FTP_MAXFILE  {this, "FTP_MAXFILE", 1024, {0, 1e9}, "Maximal size of a file, GiB, 0: no limit"};
  Int    FTP_MAXRUN   {this, "FTP_MAXRUN",  1024, {0, 1e9}, "Maximal bytes written in a run, GiB, 0: no limit"};
  Int    FTP_MAXFILES {this, "FTP_MAXFILES", 1000000, {0, 1e9}, "Maximal number of files in a run, 0: no limit"};
  Int    FTP_MAXZEROS {this, "FTP_MAXZEROS", 256, {0, 1e9}, "Maximal zeros hashed for gaps in a run, MiB, 0: no limit"};
  Int    FTP_MAXOPEN  {this, "FTP_MAXOPEN", 256, {1, 65536}, "Maximal number of open files"};

/* +++++++++++++++++++++ ENV / RUNTIME - conf Variables +++++++++++++++++++++ */

  Flag   FTP_RMDIR    {this, "FTP_RMDIR",                 1, "empty FTP_F_PATH before starting (require FTP_SAVE=1)", kEnv};
  String FTP_F_PATH   {this, "FTP_F_PATH", "/tmp/FTPFILES/", "Path for extracted content", kEnv};
  String FTP_NONAME   {this, "FTP_NONAME",          "nudel", "No name file name", kEnv};
  String FTP_MANIFEST {this, "FTP_MANIFEST", ".manifest.jsonl", "Name of the manifest in FTP_F_PATH, empty: none"};
};

/* ========================================================================== */
/* ------------------------- DO NOT EDIT BELOW HERE ------------------------- */
/* ========================================================================== */

// clang-format on

}  // namespace t2::ftp
