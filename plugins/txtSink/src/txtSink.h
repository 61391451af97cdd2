// SPDX-License-Identifier: Apache-2.0
// txtSink: flow rows as text, and the headers file that explains the columns (spec txtSink).
#pragma once

#include "t2/settings.h"

namespace t2::txt_sink {

/* ========================================================================== */
/* ------------------------ USER CONFIGURATION FLAGS ------------------------ */
/* ========================================================================== */

struct Config : Settings {
  // clang-format off
  Flag TFS_SPLIT      {this, "TFS_SPLIT",       true,  "split the flow file as -W says"};
  Flag TFS_PRI_HDR    {this, "TFS_PRI_HDR",     true,  "header line at the start of the flow file"};
  Flag TFS_HDR_FILE   {this, "TFS_HDR_FILE",    true,  "write the headers file"};
  Flag TFS_PRI_HDR_FW {this, "TFS_PRI_HDR_FW",  false, "header line in every part of a split flow file"};
  Flag TFS_CSV        {this, "TFS_CSV",         false, "write the flow file as CSV (RFC 4180), with TFS_FLOWS_CSV_SUFFIX"};
  Flag TFS_GZ_COMPRESS{this, "TFS_GZ_COMPRESS", false, "compress the flow file with gzip"};

  /* +++++++++++++++++++++ ENV / RUNTIME - conf Variables +++++++++++++++++++++ */

  String TFS_FLOWS_TXT_SUFFIX{this, "TFS_FLOWS_TXT_SUFFIX", "_flows.txt",   "suffix of the flow file", kEnv};
  String TFS_FLOWS_CSV_SUFFIX{this, "TFS_FLOWS_CSV_SUFFIX", "_flows.csv",   "suffix of the flow file as CSV", kEnv};
  String TFS_HEADER_SUFFIX   {this, "TFS_HEADER_SUFFIX",    "_headers.txt", "suffix of the headers file", kEnv};
  // clang-format on
};

}  // namespace t2::txt_sink
