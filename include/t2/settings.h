// SPDX-License-Identifier: Apache-2.0
// Settings: typed, named values with a default, a range and a text, all in one line of NAME.h.
// The host resolves them (default < files < environment < command line, docs/design.md 5) before
// any column is declared; from then on they are constants.
//
//   struct Config : t2::Settings {
//     t2::Flag FTP_SAVE{this, "FTP_SAVE", 0, "save content to FTP_F_PATH"};
//     t2::Int FTP_UXNMLN{this, "FTP_UXNMLN", 10, {0, 255}, "maximal username length"};
//     t2::String FTP_F_PATH{this, "FTP_F_PATH", "/tmp/FTPFILES/", "Path for extracted content",
//     t2::kEnv};
//   };
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "t2/result.h"

namespace t2 {

class Settings;

/// Whether an environment variable of the same name overrides the setting.
enum class Env : bool { kNo, kYes };
inline constexpr Env kEnv = Env::kYes;

struct Range {
  double lowest = std::numeric_limits<double>::lowest();
  double highest = std::numeric_limits<double>::max();
};

/// One setting without its type. Settings live inside their group and never move.
class Setting {
 public:
  enum class Type : std::uint8_t { kFlag, kInt, kReal, kString };

  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

  /// Takes the user's text: validates type and range, or says what is allowed. The strings "yes"
  /// and "no" are 1 and 0, numbers may be 0x..., strings may stand in double quotes.
  Result<void> assign(std::string_view text, std::string_view origin);
  void reset();

  /// As a config file holds it: numbers plain, strings in double quotes.
  std::string text() const;
  std::string default_text() const;

  const char* name() const { return name_; }
  const char* doc() const { return doc_; }
  Type type() const { return type_; }
  Range range() const { return range_; }
  bool env() const { return env_ == Env::kYes; }
  /// "default", a file name, "environment" or "command line".
  const std::string& origin() const { return origin_; }

 protected:
  Setting(Settings* group, const char* name, Type type, Range range, const char* doc, Env env);
  ~Setting() = default;

  double number_ = 0;
  double default_number_ = 0;
  std::int64_t integer_ = 0;
  std::string string_;
  std::string default_string_;

 private:
  const char* name_;
  const char* doc_;
  Type type_;
  Range range_;
  Env env_;
  std::string origin_ = "default";
};

/// A group of settings: those of one plugin, of the core, or the shared text formats ("utils").
class Settings {
 public:
  Settings() = default;
  Settings(const Settings&) = delete;
  Settings& operator=(const Settings&) = delete;

  const std::vector<Setting*>& all() const { return all_; }
  Setting* find(std::string_view name) const;

 private:
  friend class Setting;
  std::vector<Setting*> all_;
};

class Flag : public Setting {
 public:
  Flag(Settings* group, const char* name, bool initial, const char* doc, Env env = Env::kNo);
  operator bool() const { return integer_ != 0; }
};

class Int : public Setting {
 public:
  Int(Settings* group, const char* name, std::int64_t initial, Range range, const char* doc,
      Env env = Env::kNo);
  operator std::int64_t() const { return integer_; }
};

class Real : public Setting {
 public:
  Real(Settings* group, const char* name, double initial, Range range, const char* doc,
       Env env = Env::kNo);
  operator double() const { return number_; }
};

class String : public Setting {
 public:
  String(Settings* group, const char* name, const char* initial, const char* doc,
         Env env = Env::kNo);
  operator const std::string&() const { return string_; }
  const std::string& value() const { return string_; }
};

}  // namespace t2
