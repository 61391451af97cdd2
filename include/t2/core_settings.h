// SPDX-License-Identifier: Apache-2.0
// The core's settings, NAME `tranalyzer2` (spec core 11). Plugins read them from columns() on:
// plugin.core_settings().RELTIME.
#pragma once

#include "t2/settings.h"

namespace t2 {

/* ========================================================================== */
/* ------------------------ USER CONFIGURATION FLAGS ------------------------ */
/* ========================================================================== */

struct CoreSettings : Settings {
  // clang-format off
  // Flows
  Real   FLOW_TIMEOUT       {this, "FLOW_TIMEOUT",      182, {0, 1e9},   "seconds after which an idle flow ends"};
  Real   FDURLIMIT          {this, "FDURLIMIT",           0, {0, 1e9},   "longest duration of a flow in seconds, 0: no limit"};
  Flag   FDLSFINDEX         {this, "FDLSFINDEX",      false,             "FDURLIMIT: the flow that continues keeps the flow index"};
  Int    AGGREGATIONFLAG    {this, "AGGREGATIONFLAG",     0, {0, 0x3f},  "blank in the key: 1 protocol, 2 dst port, 4 src port, 8 dst IP, 16 src IP, 32 VLAN"};
  Int    SRCIP4CMSK         {this, "SRCIP4CMSK",         24, {0, 32},    "AGGREGATIONFLAG: source prefix length, IPv4"};
  Int    DSTIP4CMSK         {this, "DSTIP4CMSK",         24, {0, 32},    "AGGREGATIONFLAG: destination prefix length, IPv4"};
  Int    SRCIP6CMSK         {this, "SRCIP6CMSK",        120, {0, 128},   "AGGREGATIONFLAG: source prefix length, IPv6"};
  Int    DSTIP6CMSK         {this, "DSTIP6CMSK",        120, {0, 128},   "AGGREGATIONFLAG: destination prefix length, IPv6"};
  Int    ETH_ACTIVATE       {this, "ETH_ACTIVATE",        1, {0, 1},     "flows for packets without IP"};
  Flag   FRAGMENTATION      {this, "FRAGMENTATION",    true,             "later fragments belong to the flow of the first one"};
  Flag   STREAM_CHKSUM      {this, "STREAM_CHKSUM",   false,             "reassembly: ignore TCP segments with a wrong checksum (not for captures of a host that offloads)"};
  Flag   FRAG_HLST_CRFT     {this, "FRAG_HLST_CRFT",   true,             "fragments without a first one make flows"};
  // Decoding
  Int    PACKETLENGTH       {this, "PACKETLENGTH",        3, {0, 3},     "packet length from: 0 L2, 1 L3, 2 L4, 3 L7"};
  Flag   FRGIPPKTLENVIEW    {this, "FRGIPPKTLENVIEW",  true,             "PACKETLENGTH 0, 1: later fragments without their IP header"};
  Flag   LAPD_ACTIVATE      {this, "LAPD_ACTIVATE",   false,             "LAPD flows"};
  Int    MAXHDRCNT          {this, "MAXHDRCNT",           5, {1, 255},   "most IPv6 extension headers followed"};
  Flag   AYIYA              {this, "AYIYA",            true,             "look into AYIYA"};
  Flag   GENEVE             {this, "GENEVE",           true,             "look into GENEVE"};
  Flag   TEREDO             {this, "TEREDO",           true,             "look into Teredo"};
  Flag   L2TP               {this, "L2TP",             true,             "look into L2TP"};
  Flag   GRE                {this, "GRE",              true,             "look into GRE"};
  Flag   GTP                {this, "GTP",              true,             "look into GTP"};
  Flag   VXLAN              {this, "VXLAN",            true,             "look into VXLAN"};
  Flag   IPIP               {this, "IPIP",             true,             "look into IP in IP"};
  Flag   ETHIP              {this, "ETHIP",            true,             "look into Ethernet over IP"};
  Flag   CAPWAP             {this, "CAPWAP",           true,             "look into CAPWAP"};
  Flag   CAPWAP_SWAP_FC     {this, "CAPWAP_SWAP_FC",   true,             "802.11 frame control of CAPWAP is byte swapped"};
  Flag   LWAPP              {this, "LWAPP",            true,             "look into LWAPP"};
  // Times
  Flag   FLOAT32_TIMES      {this, "FLOAT32_TIMES",   false,             "trip times with the reference's 32-bit float noise"};
  Flag   TSTAMP_R_UTC       {this, "TSTAMP_R_UTC",    false,             "wall-clock dates in UTC, else local time"};
  Flag   RELTIME            {this, "RELTIME",         false,             "packet times since the first packet"};
  // Packet mode
  Flag   SPKTMD_PKTNO       {this, "SPKTMD_PKTNO",     true,             "packet number column"};
  Flag   SPKTMD_PCNTC       {this, "SPKTMD_PCNTC",     true,             "content as text"};
  Flag   SPKTMD_PCNTH       {this, "SPKTMD_PCNTH",    false,             "content as hex"};
  Int    SPKTMD_PCNTL       {this, "SPKTMD_PCNTL",        4, {0, 4},     "content from: 0 frame, 1 L2, 2 L3, 3 L4, 4 L7"};
  String SPKTMD_PCNTH_PREF  {this, "SPKTMD_PCNTH_PREF", "0x",            "hex content: prefix of a byte"};
  String SPKTMD_PCNTH_SEP   {this, "SPKTMD_PCNTH_SEP",   " ",            "hex content: between bytes"};
  // Files
  String PACKETS_SUFFIX     {this, "PACKETS_SUFFIX", "_packets.txt",     "suffix of the packet file", kEnv};
  String LOG_SUFFIX         {this, "LOG_SUFFIX",     "_log.txt",         "suffix of the log file", kEnv};
  String MON_SUFFIX         {this, "MON_SUFFIX",     "_monitoring.txt",  "suffix of the monitoring file", kEnv};
  String REPORT_SUFFIX      {this, "REPORT_SUFFIX",  "_report.json",     "suffix of the end report as JSON"};
  Flag   PRIVATE_FILES      {this, "PRIVATE_FILES",    true,             "a plugin shows credentials: files of mode 0600, else as the umask says"};
  Int    USE_PLLIST         {this, "USE_PLLIST",          1, {0, 2},     "plugin load list: 0 ignored, 1 only listed, 2 all but listed"};
  // Reports
  Int    VERBOSE            {this, "VERBOSE",             2, {0, 3},     "start-up lines and end report: 0 none, 1 basic, 2 full"};
  Flag   PLUGIN_REPORT      {this, "PLUGIN_REPORT",    true,             "the plugins' lines in the end report"};
  Flag   JSON_REPORT        {this, "JSON_REPORT",     false,             "the end report also as JSON, in a file of its own"};
  Flag   MACHINE_REPORT     {this, "MACHINE_REPORT",  false,             "monitoring as tab-separated rows"};
  Flag   DIFF_REPORT        {this, "DIFF_REPORT",     false,             "monitoring: values since the last report"};
  Real   MONINTV            {this, "MONINTV",             1, {0, 1e9},   "seconds between monitoring reports"};
  // Labels
  Flag   SUBNET_ON          {this, "SUBNET_ON",        true,             "look up country and organisation of addresses"};
  // Protection
  Flag   SANDBOX            {this, "SANDBOX",          true,             "files and system calls limited to what the run needs"};
  Int    STREAM_MEMORY      {this, "STREAM_MEMORY",     256, {1, 65536}, "most MiB of TCP data that wait for missing bytes"};
  // Carving (--carve)
  String CARVE_PROTOCOLS    {this, "CARVE_PROTOCOLS", "",                "--carve: protocols, separated by commas: http,ftp; empty: all"};
  String CARVE_TYPES        {this, "CARVE_TYPES",     "",                "--carve: declared media types, separated by commas: image/*,text/html; empty: all"};
  Int    CARVE_MINSIZE      {this, "CARVE_MINSIZE",       0, {0, 1e15},  "--carve: smallest content that is kept, in bytes"};
  Int    CARVE_MAXFILE      {this, "CARVE_MAXFILE",    1024, {0, 1e9},   "--carve: most GiB of a file, 0: no limit"};
  Int    CARVE_MAXRUN       {this, "CARVE_MAXRUN",     1024, {0, 1e9},   "--carve: most GiB written in a run, 0: no limit"};
  Int    CARVE_MAXFILES     {this, "CARVE_MAXFILES", 1000000, {0, 1e9},  "--carve: most files of a run, 0: no limit"};
  Int    CARVE_MAXZEROS     {this, "CARVE_MAXZEROS",    256, {0, 1e9},   "--carve: most MiB of zeros hashed for gaps in a run, 0: no limit"};
  Int    CARVE_MAXOPEN      {this, "CARVE_MAXOPEN",     256, {1, 65536}, "--carve: most open files"};
  Int    CARVE_MAXHELD      {this, "CARVE_MAXHELD",      64, {1, 65536}, "--carve: most MiB held back while it is not known what they are"};
  Flag   CARVE_DIGEST       {this, "CARVE_DIGEST",    true,              "--carve: SHA-256 of the captures in the manifest"};
  // Interfaces (-i)
  Int    LIVE_SOCKETS       {this, "LIVE_SOCKETS",        0, {0, 64},    "-i: sockets that share an interface's packets, each read by a thread; 0: one for every four threads of -j"};
  // Rotating input (-D)
  Flag   RROP               {this, "RROP",            false,             "-D: begin again after the last file"};
  Real   POLLTM             {this, "POLLTM",              5, {0.001, 1e6}, "-D: seconds between looks for the next file"};
  // clang-format on
};

}  // namespace t2
