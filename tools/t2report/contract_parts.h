// SPDX-License-Identifier: Apache-2.0
// The members of the contract's "core", one function each.
#pragma once

#include "contract.h"
#include "t2/json.h"

namespace t2::report {

void write_meta(JsonWriter& out, const Case& c);
void write_evidence(JsonWriter& out, const Case& c);
void write_totals(JsonWriter& out, const Case& c);
/// When the packets came, if the run counted that.
void write_packet_bins(JsonWriter& out, const Case& c);
/// Of all flows, where only a sample is embedded.
void write_sums(JsonWriter& out, const Case& c);
void write_services(JsonWriter& out, const Analysis& a);
void write_columns(JsonWriter& out, const Case& c);
void write_findings(JsonWriter& out, const std::vector<Finding>& findings);
void write_files(JsonWriter& out, const Evidence& e);
void write_sessions(JsonWriter& out, const Evidence& e);
void write_logins(JsonWriter& out, const Evidence& e);

}  // namespace t2::report
