// SPDX-License-Identifier: Apache-2.0
// Columns of every type, with extreme and hostile values, for tests of sinks. Values follow from
// the number of the flow, or of the packet, alone.
#include <bit>
#include <cmath>
#include <limits>

#include "t2/plugin.h"

namespace {

using namespace t2;
using namespace std::string_view_literals;

/// Numbers that look random and are the same in every run.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
  std::uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  std::size_t below(std::size_t n) { return next() % n; }

 private:
  std::uint64_t state_;
};

template <std::integral Int>
Int make(Dice& d, Int) {
  using Limits = std::numeric_limits<Int>;
  const Int all[] = {Limits::min(), Limits::max(), 0, 1, static_cast<Int>(-1), 42};
  const std::size_t i = d.below(2 * std::size(all));
  return i < std::size(all) ? all[i] : static_cast<Int>(d.next());
}
template <class Int>
Hex<Int> make(Dice& d, Hex<Int>) {
  return {make(d, Int{})};
}
template <std::floating_point Real, class Bits>
Real make_real(Dice& d, Bits) {
  using Limits = std::numeric_limits<Real>;
  const Real all[] = {0,
                      static_cast<Real>(-0.0),
                      1,
                      Limits::max(),
                      Limits::lowest(),
                      Limits::min(),
                      Limits::denorm_min(),
                      Limits::quiet_NaN(),
                      Limits::infinity(),
                      -Limits::infinity(),
                      static_cast<Real>(16777217),
                      static_cast<Real>(123456.75),
                      static_cast<Real>(0.1)};
  const std::size_t i = d.below(2 * std::size(all));
  return i < std::size(all) ? all[i] : std::bit_cast<Real>(static_cast<Bits>(d.next()));
}
float make(Dice& d, float) {
  return make_real<float>(d, std::uint32_t{});
}
double make(Dice& d, double) {
  return make_real<double>(d, std::uint64_t{});
}
char make(Dice& d, char) {
  return "\0aZ\",;\\ "[d.below(8)];
}
Direction make(Dice& d, Direction) {
  return d.below(2) == 0 ? Direction::kA : Direction::kB;
}
Nanoseconds make_time(Dice& d) {
  constexpr Nanoseconds kAll[] = {0,
                                  1,
                                  -1,
                                  999'999'999,
                                  -1'000'000'001,
                                  std::numeric_limits<Nanoseconds>::max(),
                                  std::numeric_limits<Nanoseconds>::min() + 1,
                                  1'700'000'000'123'456'789};
  const std::size_t i = d.below(2 * std::size(kAll));
  return i < std::size(kAll) ? kAll[i] : static_cast<Nanoseconds>(d.next() >> 2);
}
Timestamp make(Dice& d, Timestamp) {
  return {make_time(d)};
}
Duration make(Dice& d, Duration) {
  return {make_time(d)};
}
Mac make(Dice& d, const Mac&) {
  Mac m;
  const std::size_t kind = d.below(4);
  for (std::uint8_t& b : m.bytes) {
    b = static_cast<std::uint8_t>(kind == 0 ? 0 : kind == 1 ? 0xff : d.next());
  }
  return m;
}
IpAddress make(Dice& d, const IpAddress&) {
  IpAddress a;
  const std::size_t kind = d.below(8);
  a.family = kind == 0 ? Family::kNone : kind < 4 ? Family::kIpv4 : Family::kIpv6;
  const std::size_t n = kind == 0 ? 0 : kind < 4 ? 4 : 16;
  for (std::size_t i = 0; i < n; ++i) {
    a.bytes[i] = static_cast<std::uint8_t>(kind % 4 == 1 ? 0 : kind % 4 == 2 ? 0xff : d.next());
  }
  if (kind == 7) std::fill(a.bytes.begin() + 2, a.bytes.begin() + 13, std::uint8_t{0});
  return a;
}
std::string make(Dice& d, const std::string&) {
  static constexpr std::string_view kAll[] = {
      ""sv,
      "plain"sv,
      "a;b"sv,
      "a,b"sv,
      "tab\tquote\"backslash\\"sv,
      "two\r\nlines"sv,
      "\""sv,
      "\"\""sv,
      "\\"sv,
      "\\\""sv,
      "esc\x1b[31m del\x7f"sv,
      "before\0after"sv,
      "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x9f"sv,
      "\xff\xfe bad \x80\xc3"sv,
      "\xe2\x82"sv,
      "\xed\xa0\x80 surrogate"sv,
      "\xc0\xaf overlong \xf4\x90\x80\x80"sv,
      "\xe2\x80\xae turned"sv,  // NOLINT(misc-misleading-bidirectional)
      "\xc2\x9b control"sv,
      "=1+1"sv,
      " leading and trailing "sv,
      "_under_score;"sv,
      "%percent 'quote'"sv,
      "\n"sv,
      "null"sv,
      "{\"json\": [1]}"sv,
  };
  const std::size_t i = d.below(std::size(kAll) + 4);
  if (i < std::size(kAll)) return std::string(kAll[i]);
  std::string s(d.below(i == std::size(kAll) ? 3000 : 40), 'x');
  for (char& c : s) c = static_cast<char>(d.next() >> 24);
  return s;
}

/// A value of a row: as it is, several, perhaps none.
template <class T>
T one(std::uint64_t row, std::uint64_t column) {
  Dice d(row * 1000 + column);
  d.next();
  return make(d, T{});
}
template <class T>
std::vector<T> several(std::uint64_t row, std::uint64_t column) {
  Dice d(row * 1000 + column + 300);
  std::vector<T> all;
  for (std::size_t n = d.below(4); n > 0; --n) all.push_back(make(d, T{}));
  return all;
}
template <class T>
std::optional<T> perhaps(std::uint64_t row, std::uint64_t column) {
  if (one<std::uint8_t>(row, column + 600) % 2 == 0) return std::nullopt;
  return one<T>(row, column);
}

class AllTypes final : public Plugin {
 public:
  using Cols = Columns<NoState>;

  PluginInfo info() const override { return {"allTypes", "1", "Columns of every type", {}}; }

  void columns(ColumnSet& flows, ColumnSet& packets) override {
    auto flow = flows.of<NoState>();
    auto packet = packets.of<NoState>();
    declare(flow, [](const OrderedFlow& f) { return f.index * 2 + (f.inverted() ? 1 : 0); });
    declare(packet, [](const OrderedFlow& f) { return f.index * 2 + 1'000'000; });
  }

 private:
  template <class RowOf>
  void declare(Cols& to, RowOf row) {
    number_ = 0;
    add<std::int8_t>(to, "i8", row);
    add<std::int16_t>(to, "i16", row);
    add<std::int32_t>(to, "i32", row);
    add<std::int64_t>(to, "i64", row);
    add<std::uint8_t>(to, "u8", row);
    add<std::uint16_t>(to, "u16", row);
    add<std::uint32_t>(to, "u32", row);
    add<std::uint64_t>(to, "u64", row);
    add<Hex8>(to, "h8", row);
    add<Hex16>(to, "h16", row);
    add<Hex32>(to, "h32", row);
    add<Hex64>(to, "h64", row);
    add<float>(to, "f", row);
    add<double>(to, "d", row);
    add<char>(to, "c", row);
    add<Direction>(to, "direction", row);
    add<Timestamp>(to, "time", row);
    add<Duration>(to, "duration", row);
    add<Mac>(to, "mac", row);
    add<IpAddress>(to, "ip", row);
    add<std::string>(to, "s", row);
    to.add("sc", "class", [row](const NoState&, const OrderedFlow& f) {
      return OwnedText{one<std::string>(row(f), 90)};
    });
    to.add("scList", "classes", [row](const NoState&, const OrderedFlow& f) {
      std::vector<OwnedText> all;
      for (std::string& s : several<std::string>(row(f), 91)) all.push_back({std::move(s)});
      return all;
    });
    to.add("pair", "compound", [row](const NoState&, const OrderedFlow& f) {
      return std::tuple(one<std::uint32_t>(row(f), 92), one<std::string>(row(f), 93));
    });
    to.add("pairs", "compounds", [row](const NoState&, const OrderedFlow& f) {
      return generate<std::tuple<std::string, Hex16>>(row(f) % 3, [&f, row](std::size_t i) {
        return std::tuple(one<std::string>(row(f) + i, 94), one<Hex16>(row(f) + i, 95));
      });
    });
    to.add("nested", "compound of a number, a list and a compound",
           [row](const NoState&, const OrderedFlow& f) {
             return std::tuple(one<std::int16_t>(row(f), 96), several<std::uint8_t>(row(f), 99),
                               std::tuple(one<IpAddress>(row(f), 97), one<float>(row(f), 98)));
           });
    to.add("maybeList", "perhaps a list", [row](const NoState&, const OrderedFlow& f) {
      std::optional<std::vector<std::uint16_t>> v;
      if (row(f) % 3 != 0) v = several<std::uint16_t>(row(f), 100);
      return v;
    });
    to.add("maybePair", "perhaps a compound", [row](const NoState&, const OrderedFlow& f) {
      std::optional<std::tuple<std::uint8_t, Timestamp>> v;
      if (row(f) % 3 != 1) v.emplace(one<std::uint8_t>(row(f), 101), one<Timestamp>(row(f), 102));
      return v;
    });
    to.add("U8", "the name of another column, but for capitals",
           [row](const NoState&, const OrderedFlow& f) { return one<std::uint8_t>(row(f), 103); });
    to.add("u8", "the name of another column",
           [row](const NoState&, const OrderedFlow& f) { return one<std::uint8_t>(row(f), 104); });
    to.add("order", "an SQL word", [row](const NoState&, const OrderedFlow& f) { return row(f); });
  }

  /// One, several, perhaps one.
  template <class T, class RowOf>
  void add(Cols& to, const std::string& name, RowOf row) {
    const std::uint64_t c = ++number_;
    to.add(name, "one",
           [row, c](const NoState&, const OrderedFlow& f) { return one<T>(row(f), c); });
    to.add(name + "List", "several",
           [row, c](const NoState&, const OrderedFlow& f) { return several<T>(row(f), c); });
    to.add(name + "Maybe", "perhaps one",
           [row, c](const NoState&, const OrderedFlow& f) { return perhaps<T>(row(f), c); });
  }

  std::uint64_t number_ = 0;
};

/// Knows the flows' numbers.
class Numbers final : public OrderedPart<AllTypes, NoState> {};

}  // namespace

T2_PLUGIN(AllTypes, Numbers)
