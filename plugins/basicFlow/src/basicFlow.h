// SPDX-License-Identifier: Apache-2.0
// basicFlow: who talked to whom, when, through which headers (spec basicFlow).
#pragma once

#include "t2/settings.h"

namespace t2::basic_flow {

/* ========================================================================== */
/* ------------------------ USER CONFIGURATION FLAGS ------------------------ */
/* ========================================================================== */

struct Config : Settings {
  // clang-format off
  Flag BFO_SENSORID           {this, "BFO_SENSORID",         false,           "sensor ID"};
  Flag BFO_CAPTURE            {this, "BFO_CAPTURE",          false,           "capture file of the first packet"};
  Flag BFO_HDRDESC_PKTCNT     {this, "BFO_HDRDESC_PKTCNT",   false,           "number of packets per header description"};
  Flag BFO_MAC                {this, "BFO_MAC",              true,            "MAC addresses"};
  Flag BFO_ETHERTYPE          {this, "BFO_ETHERTYPE",        true,            "EtherType"};
  Int  BFO_MPLS               {this, "BFO_MPLS",             0, {0, 4},       "MPLS: 0 none, 1 labels, 2 labels as hex, 3 headers as hex, 4 label_ToS_S_TTL"};
  Int  BFO_VLAN               {this, "BFO_VLAN",             1, {0, 3},       "VLAN: 0 none, 1 IDs, 2 headers as hex, 3 TPID_PCP_DEI_VID"};
  Flag BFO_PPP                {this, "BFO_PPP",              false,           "PPP header"};
  Flag BFO_LAPD               {this, "BFO_LAPD",             false,           "LAPD address (needs LAPD_ACTIVATE)"};
  Flag BFO_L2TP               {this, "BFO_L2TP",             false,           "L2TP header"};
  Flag BFO_GRE                {this, "BFO_GRE",              false,           "GRE header"};
  Flag BFO_TEREDO             {this, "BFO_TEREDO",           false,           "Teredo header"};
  Flag BFO_SUBNET_TEST        {this, "BFO_SUBNET_TEST",      true,            "label source and destination addresses"};
  Flag BFO_SUBNET_TEST_GRE    {this, "BFO_SUBNET_TEST_GRE",  false,           "label GRE addresses"};
  Flag BFO_SUBNET_TEST_L2TP   {this, "BFO_SUBNET_TEST_L2TP", false,           "label L2TP addresses"};
  Flag BFO_SUBNET_TEST_TEREDO {this, "BFO_SUBNET_TEST_TEREDO", false,         "label Teredo addresses"};
  Flag BFO_SUBNET_ASN         {this, "BFO_SUBNET_ASN",       false,           "labels: autonomous system number"};
  Flag BFO_SUBNET_LL          {this, "BFO_SUBNET_LL",        false,           "labels: latitude, longitude, reliability"};
  Flag BFO_SUBNET_ORG         {this, "BFO_SUBNET_ORG",       true,            "labels: organisation"};
  Flag BFO_SUBNET_HEX         {this, "BFO_SUBNET_HEX",       false,           "labels: country and organisation code"};
  Flag CNTYCTY                {this, "CNTYCTY",              false,           "labels: county and city"};
  Int  BFO_MAX_HDRDESC        {this, "BFO_MAX_HDRDESC",      4, {0, 255},     "most header descriptions per flow"};
  Int  BFO_MAX_MAC            {this, "BFO_MAX_MAC",          3, {0, 255},     "most MAC addresses per flow"};
  Int  BFO_MAX_MPLS           {this, "BFO_MAX_MPLS",         3, {0, 255},     "most MPLS headers per flow"};
  Int  BFO_MAX_VLAN           {this, "BFO_MAX_VLAN",         3, {1, 255},     "most VLAN tags per flow"};
  Flag ANONYM_IP              {this, "ANONYM_IP",            false,           "no IP addresses in the output"};

  /* +++++++++++++++++++++ ENV / RUNTIME - conf Variables +++++++++++++++++++++ */

  String BFO_SUBNET_FILE      {this, "BFO_SUBNET_FILE",      "",              "your own list of networks, wins over all others", kEnv};
  // clang-format on
};

}  // namespace t2::basic_flow
