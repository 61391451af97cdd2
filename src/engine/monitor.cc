// SPDX-License-Identifier: Apache-2.0
#include "engine/monitor.h"

#include <fmt/format.h>

#include "base/format.h"

namespace t2 {
namespace {

/// Collects the plugins' counters in order.
class Values final : public Monitor {
 public:
  void value(std::string_view column, std::uint64_t total) override {
    names.emplace_back(column);
    values.push_back(total);
    is_bits.push_back(false);
  }
  void bits(std::string_view column, std::uint64_t value) override {
    names.emplace_back(column);
    values.push_back(value);
    is_bits.push_back(true);
  }
  std::vector<std::string> names;
  std::vector<std::uint64_t> values;
  std::vector<bool> is_bits;
};

Values counters(const MonitorInput& in) {
  const RunTotals& t = in.report.totals;
  const FlowCounts& f = in.report.flows;
  Values v;
  if (in.report.kernel != nullptr) {
    v.value("pktsRec", in.report.kernel->received);
    v.value("pktsDrp", in.report.kernel->dropped_by_kernel);
    v.value("ifDrp", in.report.kernel->dropped_by_interface);
  }
  const std::pair<const char*, std::uint64_t> core[] = {{"numFlows", f.total},
                                                        {"numAFlows", f.a},
                                                        {"numBFlows", f.b},
                                                        {"numPkts", t.packets},
                                                        {"numAPkts", t.a().packets},
                                                        {"numBPkts", t.b().packets},
                                                        {"numL2Pkts", t.l2_packets},
                                                        {"numV4Pkts", t.ipv4_packets},
                                                        {"numV6Pkts", t.ipv6_packets},
                                                        {"numVxPkts", t.ipvx_packets},
                                                        {"numBytes", t.bytes},
                                                        {"numABytes", t.a().bytes},
                                                        {"numBBytes", t.b().bytes},
                                                        {"numFrgV4Pkts", t.fragments4},
                                                        {"numFrgV6Pkts", t.fragments6},
                                                        {"0x0806Pkts", t.arp.packets},
                                                        {"0x0806Bytes", t.arp.bytes},
                                                        {"0x8035Pkts", t.rarp.packets},
                                                        {"0x8035Bytes", t.rarp.bytes},
                                                        {"TCPPkts", t.tcp().packets},
                                                        {"TCPBytes", t.tcp().bytes},
                                                        {"UDPPkts", t.udp().packets},
                                                        {"UDPBytes", t.udp().bytes},
                                                        {"ICMPPkts", t.icmp().packets},
                                                        {"ICMPBytes", t.icmp().bytes},
                                                        {"IPv6-ICMPPkts", t.icmpv6().packets},
                                                        {"IPv6-ICMPBytes", t.icmpv6().bytes},
                                                        {"SCTPPkts", t.sctp().packets},
                                                        {"SCTPBytes", t.sctp().bytes}};
  for (const auto& [name, value] : core) v.value(name, value);
  if (in.report.plugins != nullptr) {
    for (const LoadedPlugin& p : *in.report.plugins) {
      if (p.shard != nullptr) p.shard->monitor(v);
      if (p.ordered != nullptr) p.ordered->monitor(v);
    }
  }
  return v;
}

}  // namespace

void MonitorReport::print(Console& out, const MonitorInput& in) {
  if (machine_) {
    print_for_machines(out, in);
  } else {
    print_for_people(out, in);
  }
  out.flush();
}

void MonitorReport::print_for_machines(Console& out, const MonitorInput& in) {
  const RunTotals& t = in.report.totals;
  const Values v = counters(in);
  if (!header_printed_) {
    header_printed_ = true;
    out.line(
        fmt::format("%repType\tsensorID\ttime\tduration\tmemUsageKB\tfillSzHashMap\t{}"
                    "\trawBandwidth\tglobalWarn",
                    fmt::join(v.names, "\t")));
  }
  const bool subtract = differences_ && last_.size() == v.values.size();
  std::vector<std::string> shown;
  for (std::size_t i = 0; i < v.values.size(); ++i) {
    shown.push_back(v.is_bits[i] ? fmt::format("0x{:x}", v.values[i])
                                 : fmt::format("{}", v.values[i] - (subtract ? last_[i] : 0)));
  }
  last_ = v.values;
  const double seconds = t.seconds();
  out.line(fmt::format("{}\t{}\t{}.{:09}\t{}.{:09}\t{}\t{}\t{}\t{:.3f}\t0x{:016x}",
                       differences_ ? "USR1MR_D" : "USR1MR_A", in.sensor_id, t.last_time / kSecond,
                       t.last_time % kSecond, (t.last_time - t.first_time) / kSecond,
                       (t.last_time - t.first_time) % kSecond, peak_memory_kb(),
                       in.report.live_flows, fmt::join(shown, "\t"),
                       seconds > 0 ? static_cast<double>(t.raw_bytes) * 8 / seconds : 0.0,
                       in.report.status));
}

void MonitorReport::print_for_people(Console& out, const MonitorInput& in) {
  const RunTotals& t = in.report.totals;
  out.line("");
  out.line(fmt::format("USR1 {} type report: T2++. PID: {}", differences_ ? 'D' : 'A', in.pid));
  out.line("PCAP time: " + date(t.last_time, true));
  out.line("PCAP duration: " + duration(t.last_time - t.first_time));
  out.line("Time: " + date(in.now, false));
  out.line("Elapsed time: " + duration(in.elapsed));
  out.line("Processing file: " + in.file);
  if (in.total > 0) {
    const double done = static_cast<double>(in.read) / static_cast<double>(in.total);
    out.line("Total bytes to process: " + with_suffix(in.total));
    print_percentage(out, in.read, in.total);
    out.line("Total bytes processed so far: " + with_suffix(in.read));
    if (done > 0) {
      const auto left =
          static_cast<Nanoseconds>(static_cast<double>(in.elapsed) * (1 - done) / done);
      out.line("Remaining time: " + duration(left));
      out.line("ETF: " + date(in.now + left, false));
    }
  }
  ReportWriter report(out);
  print_counters(report, in.report);
  out.line(std::string(80, '='));
  out.line("");
}

}  // namespace t2
