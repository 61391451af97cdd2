// SPDX-License-Identifier: Apache-2.0
// httpSniffer: HTTP/1 and HTTP/2 in clear, on any port, and the contents that they carry.
#pragma once

#include "t2/settings.h"

namespace t2::http {

// clang-format off

/* ========================================================================== */
/* ------------------------ USER CONFIGURATION FLAGS ------------------------ */
/* ========================================================================== */

struct Config : Settings {
  Flag   HTTP_SAVE_IMAGE {this, "HTTP_SAVE_IMAGE", 0, "save images to HTTP_F_PATH"};
  Flag   HTTP_SAVE_VIDEO {this, "HTTP_SAVE_VIDEO", 0, "save videos to HTTP_F_PATH"};
  Flag   HTTP_SAVE_AUDIO {this, "HTTP_SAVE_AUDIO", 0, "save audio to HTTP_F_PATH"};
  Flag   HTTP_SAVE_MSG   {this, "HTTP_SAVE_MSG",   0, "save messages to HTTP_F_PATH"};
  Flag   HTTP_SAVE_TEXT  {this, "HTTP_SAVE_TEXT",  0, "save text to HTTP_F_PATH"};
  Flag   HTTP_SAVE_APPL  {this, "HTTP_SAVE_APPL",  0, "save application data to HTTP_F_PATH"};
  Flag   HTTP_SAVE_PUNK  {this, "HTTP_SAVE_PUNK",  0, "save contents of other or no type to HTTP_F_PATH"};

  Flag   HTTP_DETECT     {this, "HTTP_DETECT",     0, "media types of saved contents by their first bytes (libmagic): column httpDetect, manifest"};
  Int    HTTP_DATA_C_MAX {this, "HTTP_DATA_C_MAX", 20, {0, 255}, "Maximal number of items in a list"};
  Int    HTTP_MXNMLN     {this, "HTTP_MXNMLN",    256, {0, 4096}, "Maximal length of an item"};
  Int    HTTP_REDACT     {this, "HTTP_REDACT",      0, {0, 2}, "Hide credentials: 1 cookies and passwords, 2 user names too"};
  Int    HTTP_MAXHELD    {this, "HTTP_MAXHELD",   512, {1, 1048576}, "MiB of all connections together for what has not ended: heads, waiting requests, streams, windows of bodies; each of 16 groups of connections has a 16th"};
  Int    HTTP_BOMB       {this, "HTTP_BOMB",      256, {0, 1e9}, "MiB that a body may unpack to though it is more than 100 times its size, 0: no limit"};

/* +++++++++++++++++++++ ENV / RUNTIME - conf Variables +++++++++++++++++++++ */

  Flag   HTTP_RMDIR      {this, "HTTP_RMDIR",       1, "empty HTTP_F_PATH before starting", kEnv};
  String HTTP_F_PATH     {this, "HTTP_F_PATH", "/tmp/HTTPFILES/", "Path for extracted content", kEnv};
  String HTTP_NONAME     {this, "HTTP_NONAME",    "nudel", "No name file name", kEnv};
  String HTTP_MANIFEST   {this, "HTTP_MANIFEST", ".manifest.jsonl", "Name of the manifest in HTTP_F_PATH, empty: none"};
};

/* ========================================================================== */
/* ------------------------- DO NOT EDIT BELOW HERE ------------------------- */
/* ========================================================================== */

// clang-format on

}  // namespace t2::http
