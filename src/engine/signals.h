// SPDX-License-Identifier: Apache-2.0
// Signals. Handlers only set flags, which the loop asks for between batches (spec core 10,
// DESIGN.md 8).
#pragma once

namespace t2 {

/// Installs the handlers for SIGINT, SIGTERM, SIGUSR1 and SIGUSR2 and ignores SIGPIPE. A second
/// SIGINT or SIGTERM ends the process at once with status 1. Once per process.
void install_signal_handlers();

/// The signal that asks for the end of the run, or 0.
int stop_signal();
/// Whether SIGUSR1 came since the last call.
bool take_report_request();
/// Whether SIGUSR2 switched periodic reports on.
bool periodic_reports();

}  // namespace t2
