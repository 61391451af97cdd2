// SPDX-License-Identifier: Apache-2.0
#include "engine/end_report.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/format.h"

namespace t2 {
namespace {

constexpr std::size_t kRuler = 80;

/// The `NAME: ...` lines of one plugin, and the same as JSON.
class PluginReport final : public Report {
 public:
  PluginReport(Console& out, const std::string& plugin, const Totals& totals)
      : out_(out), plugin_(plugin), totals_(totals) {
    counts_.begin_object();
    bits_.begin_object();
    lines_.begin_array();
  }

  void line(std::string_view text) override {
    lines_.text(text);
    print(text);
  }
  void aggregate(std::string_view column, std::uint64_t value, int digits) override {
    bits_.key_text(column).text(bits_text(value, digits));
    if (value != 0) print(fmt::format("Aggregated {}={}", column, bits_text(value, digits)));
  }
  void count(std::string_view label, std::uint64_t n, std::uint64_t of) override {
    counts_.key(report_key(label)).number(n);
    if (n > 0) print(fmt::format("{}: {}{}", label, with_suffix(n), percent(n, of)));
  }
  void count(std::string_view label, std::uint64_t n) override {
    counts_.key(report_key(label)).number(n);
    if (n > 0) print(fmt::format("{}: {}", label, with_suffix(n)));
  }
  const Totals& totals() const override { return totals_; }

  /// What was reported, as members of `to`; nothing may be reported afterwards.
  void write(JsonWriter& to) {
    to.key("counts").literal(counts_.end_object().view());
    to.key("bits").literal(bits_.end_object().view());
    to.key("lines").literal(lines_.end_array().view());
  }

 private:
  void print(std::string_view text) { out_.plugin_line(plugin_, text); }

  Console& out_;
  const std::string& plugin_;
  Totals totals_;
  JsonWriter counts_, bits_, lines_;  // lines_: in words of the plugin's own
};

class Counters {
 public:
  Counters(ReportWriter& report, const ReportInput& in)
      : report_(report), out_(report.lines()), in_(in), t_(in.totals) {}

  void print() {
    kernel();
    group("packets", [this] { packets(); });
    ruler('-');
    plugins();
    ruler('-');
    group("protocols", [this] { protocols(); });
    ruler('~');
    group("flows", [this] { flows(); });
    rates();
    group("limits", [this] { memory(); });
    status_lines();
  }

 private:
  void ruler(char c) { out_.line(std::string(kRuler, c)); }
  template <class Part>
  void group(std::string_view name, Part part) {
    report_.begin(name);
    part();
    report_.end();
  }
  void count(std::string_view label, std::uint64_t n) { report_.count(label, n); }
  void count(std::string_view label, std::uint64_t n, std::uint64_t of) {
    report_.count(label, n, of);
  }
  /// For people only if `shown`.
  void count_if(bool shown, std::string_view label, std::uint64_t n, std::uint64_t of) {
    shown ? count(label, n, of) : report_.value(report_key(label), n);
  }
  void ratio(std::string_view label, std::uint64_t n, double of) {
    const double v = of > 0 ? static_cast<double>(n) / of : 0;
    out_.line(fmt::format("{}: {:.2f}{}", label, v, human_suffix(v)));
  }
  void ratio(std::string_view label, std::uint64_t n, std::uint64_t of) {
    ratio(label, n, static_cast<double>(of));
  }

  void kernel() {
    if (in_.kernel == nullptr) return;
    const KernelStats& k = *in_.kernel;
    const std::uint64_t sum = k.received + k.dropped_by_kernel + k.dropped_by_interface;
    group("kernel", [&] {
      report_.count_always("packets received", k.received, sum);
      report_.count_always("packets dropped by the kernel", k.dropped_by_kernel, sum);
      report_.count_always("packets dropped by the interface", k.dropped_by_interface, sum);
    });
  }

  void packets() {
    count("processed packets", t_.packets);
    count("processed bytes", t_.bytes);
    count("raw bytes", t_.raw_bytes);
    count("pad bytes", t_.pad_bytes);
    if (!in_.monitoring) count("pcap bytes", in_.capture_bytes);
    count("L2 packets", t_.l2_packets, t_.packets);
    count("IPv4 packets", t_.ipv4_packets, t_.packets);
    count("IPv6 packets", t_.ipv6_packets, t_.packets);
    count("IPvX packets", t_.ipvx_packets, t_.packets);
    const std::uint64_t packets = t_.packets + t_.further_packets;
    count_if(t_.flow_packets() > 0, "packets without flow", packets - t_.flow_packets(), packets);
    count("A packets", t_.a().packets, t_.flow_packets());
    count("B packets", t_.b().packets, t_.flow_packets());
    count("A bytes", t_.a().bytes, t_.flow_bytes());
    count("B bytes", t_.b().bytes, t_.flow_bytes());
    ratio("<A packet load>", t_.a().bytes, t_.a().packets);
    ratio("<B packet load>", t_.b().bytes, t_.b().packets);
  }

  void plugins() {
    if (in_.plugins == nullptr) return;
    const Totals totals{t_.packets, t_.bytes, in_.flows.total};
    JsonWriter all;
    all.begin_array();
    for (const LoadedPlugin& p : *in_.plugins) {
      PluginReport report(out_, p.info.name, totals);
      if (p.shard != nullptr) p.shard->report(report);
      if (p.ordered != nullptr) p.ordered->report(report);
      if (const Sink* sink = p.plugin->sink()) sink->report(report);
      all.begin_object().key("name").text(p.info.name).key("version").text(p.info.version);
      report.write(all);
      all.end_object();
    }
    report_.literal("plugins", all.end_array().view());
  }

  bool seen(flow_stat::Bit b) const { return (in_.status >> b) & 1; }

  void protocols() {
    const double average =
        t_.packets > 0 ? static_cast<double>(t_.headers) / static_cast<double>(t_.packets) : 0;
    const std::uint16_t least = t_.packets > 0 ? t_.min_headers : 0;
    out_.line(fmt::format("Headers count: min: {}, max: {}, avg: {:.2f}", least, t_.max_headers,
                          average));
    report_.value("min_headers", least);
    report_.value("max_headers", t_.max_headers);
    report_.value("headers", t_.headers);
    report_.value("max_vlan_headers", t_.max_vlan);
    report_.value("max_mpls_headers", t_.max_mpls);
    if (seen(flow_stat::kVlan)) out_.line(fmt::format("Max VLAN header count: {}", t_.max_vlan));
    if (seen(flow_stat::kMplsUnicast) || seen(flow_stat::kMplsMulticast)) {
      out_.line(fmt::format("Max MPLS header count: {}", t_.max_mpls));
    }
    count("further packets in A-MSDUs", t_.further_packets);
    count("encrypted 802.11 packets", t_.encrypted, t_.packets);
    count("LLC packets", t_.llc, t_.packets);
    count("ARP packets", t_.arp.packets, t_.packets);
    count("RARP packets", t_.rarp.packets, t_.packets);
    count("GRE packets", t_.gre, t_.packets);
    count("LAPD packets", t_.lapd, t_.packets);
    count("Teredo packets", t_.teredo, t_.packets);
    count("AYIYA packets", t_.ayiya, t_.packets);
    count("IGMP packets", t_.igmp().packets, t_.packets);
    count("ICMP packets", t_.icmp().packets, t_.packets);
    count("ICMPv6 packets", t_.icmpv6().packets, t_.packets);
    count("TCP packets", t_.tcp().packets, t_.packets);
    count("TCP bytes", t_.tcp().bytes, t_.bytes);
    count("UDP packets", t_.udp().packets, t_.packets);
    count("UDP bytes", t_.udp().bytes, t_.bytes);
    count_if(seen(flow_stat::kSctp), "SCTP packets", t_.sctp().packets, t_.packets);
    count_if(seen(flow_stat::kSctp), "SCTP bytes", t_.sctp().bytes, t_.bytes);
    count("DTLS packets", t_.dtls, t_.packets);
    count("IPv4 fragmented packets", t_.fragments4, t_.ipv4_packets);
    count("IPv6 fragmented packets", t_.fragments6, t_.ipv6_packets);
  }

  static double asymmetry(std::uint64_t a, std::uint64_t b, std::uint64_t sum) {
    return (static_cast<double>(a) - static_cast<double>(b)) / static_cast<double>(sum);
  }

  void flows() {
    const FlowCounts& f = in_.flows;
    const std::uint64_t requests = f.a - f.lone_replies;
    const std::uint64_t replies = f.b + f.lone_replies;
    count("processed      flows", f.total);
    count("processed L2   flows", f.l2, f.total);
    count("processed IPv4 flows", f.ipv4, f.total);
    count("processed IPv6 flows", f.ipv6, f.total);
    count("processed A    flows", f.a, f.total);
    count("processed B    flows", f.b, f.total);
    count("request        flows", requests, f.total);
    count("reply          flows", replies, f.total);
    if (f.total == 0) return;
    out_.line(fmt::format("Total   A/B    flow asymmetry: {:.2f}", asymmetry(f.a, f.b, f.total)));
    out_.line(fmt::format("Total req/rply flow asymmetry: {:.2f}",
                          asymmetry(requests, replies, f.total)));
    if (t_.flow_packets() > 0) {
      ratio("Number of processed A+B packets/A+B flows", t_.flow_packets(), f.total);
    }
    if (f.a > 0) ratio("Number of processed A   packets/A   flows", t_.a().packets, f.a);
    if (f.b > 0) ratio("Number of processed   B packets/  B flows", t_.b().packets, f.b);
  }

  void rates() {
    const double s = t_.seconds();
    if (!(s > 0)) {
      ruler('~');
      return;
    }
    ratio("Number of processed total packets/s", t_.packets, s);
    if (t_.flow_packets() > 0) {
      ratio("Number of processed A+B   packets/s", t_.flow_packets(), s);
    }
    if (t_.a().packets > 0) ratio("Number of processed A     packets/s", t_.a().packets, s);
    if (t_.b().packets > 0) ratio("Number of processed   B   packets/s", t_.b().packets, s);
    ruler('~');
    ratio("<Number of processed flows/s>", in_.flows.total, s);
    out_.line("<Bandwidth>: " + bit_rate(t_.wire_bytes(), s));
    if (seen(flow_stat::kL2Snapped) || seen(flow_stat::kL3Snapped)) {
      out_.line("<Snapped bandwidth>: " + bit_rate(t_.bytes, s));
    }
    out_.line("<Raw bandwidth>: " + bit_rate(t_.raw_bytes, s));
  }

  void memory() {
    if (in_.monitoring) {
      out_.line(fmt::format("Fill size of main hash map: {}{}", with_suffix(in_.live_flows),
                            percent(in_.live_flows, in_.capacity)));
    }
    report_.value("max_flows_in_memory", in_.max_live_flows);
    report_.value("flow_table", in_.capacity);
    if (in_.max_live_flows > 0) {
      out_.line(fmt::format("Max number of flows in memory: {}{}", with_suffix(in_.max_live_flows),
                            percent(in_.max_live_flows, in_.capacity)));
    }
    count("flows terminated by autopilot", in_.flows.autopilot, in_.flows.total);
    count("fragment entries evicted", in_.fragments.evicted);
    count("fragmented datagrams incomplete after a minute", in_.fragments.expired);
    count("fragments in conflict with earlier ones", in_.fragments.conflicts);
    count("TCP holes given up, buffer of the flow full", in_.streams.holes_flow_full);
    count("TCP holes given up, STREAM_MEMORY full", in_.streams.holes_total_full);
    const std::uint64_t kb = peak_memory_kb();
    report_.value("peak_memory_kb", kb);
    const double physical =
        static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
    out_.line(fmt::format("Memory usage: {:.2f} GB [{:.2f}%]", static_cast<double>(kb) / 1e6,
                          physical > 0 ? 100 * 1024 * static_cast<double>(kb) / physical : 0));
    report_.bits("flow_stat", in_.status, 16);
    out_.line(fmt::format("Aggregated flowStat=0x{:016x}", in_.status));
  }

  void status_lines() {
    for (const Severity kind : {Severity::kWarning, Severity::kInfo}) {
      std::string_view last;  // several bits may share a line
      for (const flow_stat::BitInfo& b : flow_stat::kBits) {
        if (b.line_kind != kind || !seen(b.bit) || b.line == last) continue;
        kind == Severity::kWarning ? out_.warn(b.line) : out_.info(b.line);
        last = b.line;
      }
    }
  }

  ReportWriter& report_;
  Console& out_;
  const ReportInput& in_;
  const RunTotals& t_;
};

}  // namespace

std::uint64_t peak_memory_kb() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss);
}

void print_dump_end(ReportWriter& report, const RunTotals& t) {
  Console& out = report.lines();
  if (t.packets > 0) {
    report.time("first", t.first_time);
    report.time("last", t.last_time);
  }
  if (t.first_time < t.start_time) out.line("Earliest packet: " + date(t.first_time, true));
  if (t.packets > 0) out.line("Dump stop : " + date(t.last_time, true));
  out.line("Total dump duration: " + duration(t.last_time - t.first_time));
}

void print_percentage(Console& out, std::uint64_t read, std::uint64_t total) {
  if (total == 0) return;
  out.line(fmt::format("Percentage completed: {:.2f}%",
                       100 * static_cast<double>(read) / static_cast<double>(total)));
}

void print_counters(ReportWriter& report, const ReportInput& in) {
  Counters(report, in).print();
}

}  // namespace t2
