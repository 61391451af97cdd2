// SPDX-License-Identifier: Apache-2.0
// Signals. Handlers only set flags, which the loop asks for between batches (spec core 10,
// docs/design.md 8).
#pragma once

namespace t2 {

/// Installs the handlers for SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 and ignores SIGPIPE. A
/// second SIGINT or SIGTERM ends the process at once with status 1. Where there are log files,
/// SIGHUP asks for new ones, else it ends the run like SIGTERM; if it was ignored (nohup), it stays
/// so. Once per process.
void install_signal_handlers(bool log_files);

/// The signal that asks for the end of the run, or 0.
int stop_signal();
/// Whether SIGUSR1 came since the last call.
bool take_report_request();
/// Whether SIGHUP asked for new log files since the last call.
bool take_reopen_request();
/// Whether SIGUSR2 switched periodic reports on.
bool periodic_reports();

}  // namespace t2
