// SPDX-License-Identifier: Apache-2.0
#include "process/signals.h"

#include <unistd.h>

#include <csignal>

namespace t2 {
namespace {

// Signals belong to the process: these are the only variables outside an object.
volatile std::sig_atomic_t g_stop = 0;
volatile std::sig_atomic_t g_report = 0;
volatile std::sig_atomic_t g_periodic = 0;
volatile std::sig_atomic_t g_reopen = 0;

void on_stop(int signal) {
  if (g_stop != 0) _exit(1);
  g_stop = signal;
}
void on_usr1(int) {
  g_report = 1;
}
void on_hangup(int) {
  g_reopen = 1;
}
void on_usr2(int) {
  g_periodic = g_periodic ? 0 : 1;
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;  // or stdio would lose lines that wait for a slow reader
  sigaction(signal, &action, nullptr);
}

}  // namespace

void install_signal_handlers(bool log_files) {
  handle(SIGINT, on_stop);
  handle(SIGTERM, on_stop);
  handle(SIGUSR1, on_usr1);
  handle(SIGUSR2, on_usr2);
  handle(SIGPIPE, SIG_IGN);
  struct sigaction hangup {};
  sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) handle(SIGHUP, log_files ? on_hangup : on_stop);
}

int stop_signal() {
  return g_stop;
}

bool take_report_request() {
  const bool asked = g_report != 0;
  g_report = 0;
  return asked;
}

bool take_reopen_request() {
  const bool asked = g_reopen != 0;
  g_reopen = 0;
  return asked;
}

bool periodic_reports() {
  return g_periodic != 0;
}

}  // namespace t2
