// SPDX-License-Identifier: Apache-2.0
// tp0f: the operating system behind an address, guessed from TTL and SYN packets (spec tp0f).
#pragma once

#include "t2/settings.h"

namespace t2::tp0f {

/* ========================================================================== */
/* ------------------------ USER CONFIGURATION FLAGS ------------------------ */
/* ========================================================================== */

struct Config : Settings {
  // clang-format off
  Flag   TP0FRULES   {this, "TP0FRULES",   true,           "fingerprint rules, else TTL and window guess only"};
  Flag   TP0FHSH     {this, "TP0FHSH",     true,           "remember the rule of an IP for its later SYN packets"};
  Int    TP0F_IPAGE  {this, "TP0F_IPAGE",  3600, {0, 1e9}, "TP0FHSH: seconds after which an IP is forgotten, 0: never"};
  Flag   TP0FRC      {this, "TP0FRC",      false,          "columns with the numbers of rule, class, program and version"};
  Flag   TP0F_FUZZY  {this, "TP0F_FUZZY",  false,          "accept rules that fit but for TTL, DF, IP ID or ECN"};
  Int    TCPOPTMAX   {this, "TCPOPTMAX",   40, {0, 255},   "most TCP options that are compared (a header has at most 40)"};

  /* +++++++++++++++++++++ ENV / RUNTIME - conf Variables +++++++++++++++++++++ */

  String TP0F_L34FILE{this, "TP0F_L34FILE", "tp0fL34.txt", "rules, here or in the plugin folder; else /etc/p0f/p0f.fp", kEnv};
  // clang-format on
};

}  // namespace t2::tp0f
