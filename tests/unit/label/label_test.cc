// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <random>
#include <vector>

#include "label/list_file.h"
#include "label/special.h"
#include "label/store.h"

namespace t2 {
namespace {

IpAddress ip(const char* text) {
  std::uint8_t b[16];
  if (inet_pton(AF_INET, text, b) == 1) return IpAddress::v4(b);
  EXPECT_EQ(inet_pton(AF_INET6, text, b), 1) << text;
  return IpAddress::v6(b);
}

struct TempFile {
  std::string path;
  explicit TempFile(const std::string& content)
      : path((std::filesystem::temp_directory_path() / ("t2lbl" + std::to_string(getpid())))
                 .string()) {
    std::ofstream(path) << content;
  }
  ~TempFile() { std::filesystem::remove(path); }
};

TEST(Ranges, ParsePrefixesAndRanges) {
  AddressNumber first = 0, last = 0;
  ASSERT_TRUE(parse_range("10.0.0.0/8", first, last));
  EXPECT_EQ(last - first, (AddressNumber{1} << 24) - 1);
  ASSERT_TRUE(parse_range("1.2.3.4-1.2.3.9", first, last));
  EXPECT_EQ(static_cast<int>(last - first), 5);
  ASSERT_TRUE(parse_range("::/0", first, last));
  EXPECT_TRUE(last == ~AddressNumber{0});
  for (const char* bad : {"", "10.0.0.0/33", "10.0.0/8", "::/129", "9.0.0.0-8.0.0.0", "x"}) {
    EXPECT_FALSE(parse_range(bad, first, last)) << bad;
  }
}

TEST(Ranges, InnermostWinsAtEveryAddress) {
  RangeTable t;
  const std::pair<int, int> ranges[] = {{0, 99},  {10, 50}, {10, 20},  {21, 30},
                                        {25, 25}, {99, 99}, {120, 130}};
  std::uint32_t label = 0;
  for (const auto& [a, b] : ranges)
    t.add(static_cast<unsigned>(a), static_cast<unsigned>(b), ++label);
  ASSERT_TRUE(t.build().ok());
  for (int x = 0; x < 140; ++x) {
    std::uint32_t expected = 0;
    int narrowest = 1000;
    for (std::size_t i = 0; i < std::size(ranges); ++i) {
      const auto [a, b] = ranges[i];
      if (x < a || x > b || b - a >= narrowest) continue;
      narrowest = b - a;
      expected = static_cast<std::uint32_t>(i + 1);
    }
    EXPECT_EQ(t.find(static_cast<unsigned>(x)), expected) << x;
  }
}

TEST(Ranges, PartialOverlapIsRefused) {
  RangeTable t;
  t.add(0, 10, 1);
  t.add(5, 15, 2);
  EXPECT_FALSE(t.build().ok());
}

TEST(Special, RangesNestAndLabel) {
  LabelPool pool;
  RangeTable ranges;
  add_special_ranges(pool, ranges);
  ASSERT_TRUE(ranges.build().ok());
  LabelStore store;
  const std::tuple<const char*, const char*, const char*> expected[] = {
      {"127.0.0.1", "01", "Loopback"},
      {"172.16.16.128", "05", "Private network"},
      {"224.0.0.251", "10", "mDNS"},
      {"224.0.0.250", "10", "Multicast"},
      {"255.255.255.255", "11", "Broadcast"},
      {"2001:0:1::", "64", "Teredo"},
      {"2001:db8::1", "27", "doc and example source"},
      {"fe80::1", "02", "Link-local"},
      {"0.0.0.0", "-", "-"},
      {"::", "-", "-"},
      {"8.8.8.8", "-", "-"},
      {"2600::1", "-", "-"}};
  for (const auto& [address, country, organisation] : expected) {
    const Label& l = store.get(store.find(ip(address)));
    EXPECT_EQ(l.country, country) << address;
    EXPECT_EQ(l.organisation, organisation) << address;
  }
}

TEST(List, CommaSeparated) {
  const TempFile f(
      "# c\n67.180.0.0/16,us,Comcast Cable Communications\n10.1.0.0/16,zz,\"A, B\",65000\n");
  LabelStore store;
  ASSERT_TRUE(store.load_list(f.path).ok());
  EXPECT_EQ(store.get(store.find(ip("67.180.72.76"))).organisation, "Comcast Cable Communications");
  const Label& site = store.get(store.find(ip("10.1.2.3")));
  EXPECT_EQ(site.organisation, "A, B");
  EXPECT_EQ(site.asn, 65000u);
  EXPECT_EQ(store.get(store.find(ip("10.2.2.3"))).country, "04");
}

TEST(List, ReferenceFormat) {
  const TempFile f(
      "#\t5\t09082023\n# titles\n"
      "1.1.1.0/"
      "24\t1.1.1.0-1.1.1.255\t0x84c00001\t13335\t80.0\t37.75\t-97.82\tus\t-\tRome\tAPNIC\tx\n"
      "-\t2.0.0.0-2.0.0.2\t0x0\t0\t0\t0\t0\tde\t-\t-\tskipped\n");
  LabelStore store;
  ASSERT_TRUE(store.load_list(f.path).ok());
  const Label& l = store.get(store.find(ip("1.1.1.1")));
  EXPECT_EQ(l.country, "us");
  EXPECT_EQ(l.city, "Rome");
  EXPECT_EQ(l.asn, 13335u);
  EXPECT_EQ(l.code, 0x84c00001u);
  EXPECT_TRUE(l.tor);
  EXPECT_FLOAT_EQ(l.longitude, -97.82F);
  EXPECT_EQ(store.find(ip("2.0.0.1")), 0u);
}

TEST(List, ErrorsNameTheLine) {
  const TempFile f("10.0.0.0/8,zz,x\n10.0.0.0/99,zz,x\n");
  LabelStore store;
  auto r = store.load_list(f.path);
  ASSERT_FALSE(r.ok());
  EXPECT_NE(r.error().message.find(":2: expected"), std::string::npos);
  EXPECT_FALSE(LabelStore().load_list("/nonexistent").ok());
}

/// The later database fills in what the first leaves open; the list still wins.
TEST(Store, DatabasesCompleteEachOther) {
  struct Fixed final : LabelDatabase {
    const char* cc;
    const char* org;
    Fixed(const char* c, const char* o) : cc(c), org(o) {}
    void look_up(const IpAddress&, Label& l) override {
      if (l.country == "-") l.country = cc;
      if (l.organisation == "-") l.organisation = org;
    }
    std::uint64_t networks() const override { return 1'000'000; }
    std::int64_t built() const override { return 1691539200; }
  };
  LabelStore store;
  store.add_database(std::make_unique<Fixed>("us", "-"));
  store.add_database(std::make_unique<Fixed>("de", "Name"));
  const Label& l = store.get(store.find(ip("8.8.8.8")));
  EXPECT_EQ(l.country, "us");
  EXPECT_EQ(l.organisation, "Name");
  EXPECT_EQ(store.find(ip("8.8.4.4")), store.find(ip("8.8.8.8")));
  EXPECT_NE(
      store.summary(Family::kIpv4).find("Rev: 09082023, Range Mode: 0, subnet ranges loaded: 2000"),
      std::string::npos);
}

constexpr const char* kLocations = "/usr/share/libloc-location/location.db";

/// Looked up many at once, in any company, an address has the label that it has alone.
TEST(Store, ManyAtOnceAsOneByOne) {
  auto first = open_location_database(kLocations), second = open_location_database(kLocations);
  if (!first || !second) GTEST_SKIP() << "needs the Debian package libloc-database";
  LabelStore alone, together;
  alone.add_database(std::move(*first));
  together.add_database(std::move(*second));
  std::mt19937 random(7);
  std::size_t known = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<IpAddress> addresses;
    for (std::size_t n = random() % 64; addresses.size() < n;) {
      std::array<std::uint8_t, 16> b{0x20, 0x01};
      const bool v6 = random() % 3 == 0;
      for (std::size_t i = v6 ? 2 : 0; i < (v6 ? 6 : 4); ++i)
        b[i] = static_cast<std::uint8_t>(random());
      addresses.push_back(v6 ? IpAddress::v6(b.data()) : IpAddress::v4(b.data()));
      if (random() % 8 == 0) addresses.back() = addresses.front();
    }
    std::vector<const IpAddress*> places;
    places.reserve(addresses.size());
    for (const IpAddress& a : addresses) places.push_back(&a);
    std::vector<std::uint32_t> labels(addresses.size());
    together.find_all(places, labels);
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      const IpAddress& a = addresses[i];
      const Label &expected = alone.get(alone.find(a)), &got = together.get(labels[i]);
      EXPECT_EQ(together.find(a), labels[i]);
      EXPECT_EQ(got.country, expected.country);
      EXPECT_EQ(got.asn, expected.asn);
      EXPECT_EQ(got.organisation, expected.organisation);
      known += got.country != "-";
    }
  }
  EXPECT_GT(known, 1000U);
}

/// A list that was loaded wins over what the database says, also for many at once.
TEST(Store, ManyAtOnceKeepTheOrderOfSources) {
  auto database = open_location_database(kLocations);
  if (!database) GTEST_SKIP() << "needs the Debian package libloc-database";
  LabelStore store;
  store.add_database(std::move(*database));
  const TempFile list("8.8.8.0/24,xx,Mine\n");
  ASSERT_TRUE(store.load_list(list.path));
  const std::array<IpAddress, 3> addresses = {ip("8.8.8.8"), ip("192.168.0.1"), ip("0.0.0.0")};
  const std::array<const IpAddress*, 3> places = {&addresses[0], &addresses[1], &addresses[2]};
  for (int round = 0; round < 2; ++round) {  // from the sources, from the memory of the last ones
    std::array<std::uint32_t, 3> labels;
    store.find_all(places, labels);
    EXPECT_EQ(store.get(labels[0]).organisation, "Mine");
    EXPECT_EQ(store.get(labels[1]).organisation, "Private network");
    EXPECT_EQ(labels[2], 0U);
    for (const IpAddress& a : addresses) store.find(a);
  }
}

TEST(Store, ManyAtOnceWithoutDatabase) {
  LabelStore store;
  const TempFile list("8.8.8.0/24,xx,Mine\n");
  ASSERT_TRUE(store.load_list(list.path));
  const std::array<IpAddress, 2> addresses = {ip("8.8.8.8"), ip("9.9.9.9")};
  const std::array<const IpAddress*, 2> places = {&addresses[0], &addresses[1]};
  std::array<std::uint32_t, 2> labels{7, 7};
  store.find_all(places, labels);
  EXPECT_EQ(store.get(labels[0]).organisation, "Mine");
  EXPECT_EQ(labels[1], 0U);
}

/// References to labels stay valid, however many come.
TEST(Pool, LabelsDoNotMove) {
  LabelPool pool;
  Label l;
  l.asn = 1;
  const std::uint32_t first = pool.intern(l);
  const Label* const place = &pool.get(first);
  for (std::uint32_t asn = 2; asn < 10'000; ++asn) {
    l.asn = asn;
    ASSERT_EQ(pool.intern(l), asn);
    ASSERT_EQ(pool.get(asn).asn, asn);
  }
  EXPECT_EQ(&pool.get(first), place);
  EXPECT_EQ(pool.get(0).asn, 0U);
  EXPECT_EQ(pool.intern({}), 0U);
}

}  // namespace
}  // namespace t2
