// SPDX-License-Identifier: Apache-2.0
// ftpDecode: FTP control connections, the data connections they announce, and the files in them.
#pragma once

#include "t2/settings.h"

namespace ftp {

// clang-format off

/* ========================================================================== */
/* ------------------------ USER CONFIGURATION FLAGS ------------------------ */
/* ========================================================================== */

struct Config : t2::Settings {
  t2::Flag   FTP_SAVE     {this, "FTP_SAVE",      0, "save content to FTP_F_PATH"};

  t2::Flag   FTP_CMD_AGGR {this, "FTP_CMD_AGGR",  1, "Aggregate FTP commands/response codes"};
  t2::Flag   FTP_BTFLD    {this, "FTP_BTFLD",     0, "Bitfield coding of FTP commands"};

  t2::Int    FTP_UXNMLN   {this, "FTP_UXNMLN",   10, {0, 255}, "maximal username length"};
  t2::Int    FTP_PXNMLN   {this, "FTP_PXNMLN",   15, {0, 255}, "maximal password length"};
  t2::Int    FTP_MXNMLN   {this, "FTP_MXNMLN",   50, {0, 255}, "maximal name length"};

  t2::Int    FTP_MAXCPFI  {this, "FTP_MAXCPFI",  10, {0, 255}, "Maximal number of pfi"};
  t2::Int    FTP_MAXUNM   {this, "FTP_MAXUNM",    5, {0, 255}, "Maximal number of users"};
  t2::Int    FTP_MAXPNM   {this, "FTP_MAXPNM",    5, {0, 255}, "Maximal number of passwords"};
  t2::Int    FTP_MAXCNM   {this, "FTP_MAXCNM",   20, {0, 255}, "Maximal number of parameters"};

  t2::String FTP_PORTS    {this, "FTP_PORTS",  "21", "Control ports, separated by commas"};
  t2::Flag   FTP_DETECT   {this, "FTP_DETECT",    1, "Find control connections on other ports by their content"};
  t2::Int    FTP_REDACT   {this, "FTP_REDACT",    0, {0, 2}, "Hide credentials: 1 passwords, 2 user names too"};
  t2::Int    FTP_CTL_MINLEN{this, "FTP_CTL_MINLEN", 0, {0, 4096}, "Least length of a line in a control transcript"};
  t2::Flag   FTP_SAVE_TLS {this, "FTP_SAVE_TLS",  0, "save encrypted bytes, too"};

  t2::Int    FTP_MAXFILE  {this, "FTP_MAXFILE", 1024, {0, 1e9}, "Maximal size of a file, GiB, 0: no limit"};
  t2::Int    FTP_MAXRUN   {this, "FTP_MAXRUN",  1024, {0, 1e9}, "Maximal bytes written in a run, GiB, 0: no limit"};
  t2::Int    FTP_MAXFILES {this, "FTP_MAXFILES", 1000000, {0, 1e9}, "Maximal number of files in a run, 0: no limit"};
  t2::Int    FTP_MAXOPEN  {this, "FTP_MAXOPEN", 256, {1, 65536}, "Maximal number of open files"};

/* +++++++++++++++++++++ ENV / RUNTIME - conf Variables +++++++++++++++++++++ */

  t2::Flag   FTP_RMDIR    {this, "FTP_RMDIR",                 1, "empty FTP_F_PATH before starting (require FTP_SAVE=1)", t2::kEnv};
  t2::String FTP_F_PATH   {this, "FTP_F_PATH", "/tmp/FTPFILES/", "Path for extracted content", t2::kEnv};
  t2::String FTP_NONAME   {this, "FTP_NONAME",          "nudel", "No name file name", t2::kEnv};
  t2::String FTP_MANIFEST {this, "FTP_MANIFEST", ".manifest.jsonl", "Name of the manifest in FTP_F_PATH, empty: none"};
};

/* ========================================================================== */
/* ------------------------- DO NOT EDIT BELOW HERE ------------------------- */
/* ========================================================================== */

// clang-format on

}  // namespace ftp
