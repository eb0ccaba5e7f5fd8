#include "sql/params.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace ropewalk::sql {
namespace {

constexpr auto postgres_zero = std::chrono::sys_days(std::chrono::year(2000) / 1 / 1);
constexpr std::size_t header_size = 20;  // dimensions, has nulls, type, size, lower bound

void append_int4(std::string& out, std::int32_t value) {
  auto const bits = static_cast<std::uint32_t>(value);
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>((bits >> shift) & 0xff));
}

void append_int8(std::string& out, std::int64_t value) {
  auto const bits = static_cast<std::uint64_t>(value);
  append_int4(out, static_cast<std::int32_t>(bits >> 32));
  append_int4(out, static_cast<std::int32_t>(bits & 0xffffffff));
}

void overwrite_int4(std::string& out, std::size_t at, std::int32_t value) {
  std::string four;
  append_int4(four, value);
  std::copy(four.begin(), four.end(), out.begin() + static_cast<std::ptrdiff_t>(at));
}

}  // namespace

std::int64_t to_postgres_time(Instant at) {
  return (at - postgres_zero).count();
}

Instant from_postgres_time(std::int64_t microseconds) {
  return postgres_zero + Duration(microseconds);
}

ArrayParam::ArrayParam(ElementType type) {
  append_int4(bytes_, 1);
  append_int4(bytes_, 0);
  append_int4(bytes_, static_cast<std::int32_t>(type));
  append_int4(bytes_, 0);
  append_int4(bytes_, 1);
}

void ArrayParam::add_null() {
  ++count_;
  has_null_ = true;
  append_int4(bytes_, -1);
}

void ArrayParam::add(ExecutionId const& id) {
  ++count_;
  append_int4(bytes_, 16);
  for (auto const byte : id.bytes) bytes_.push_back(static_cast<char>(byte));
}

void ArrayParam::add(std::string_view text) {
  ++count_;
  append_int4(bytes_, static_cast<std::int32_t>(text.size()));
  bytes_.append(text);
}

void ArrayParam::add_int4(std::int32_t value) {
  ++count_;
  append_int4(bytes_, 4);
  append_int4(bytes_, value);
}

void ArrayParam::add_int8(std::int64_t value) {
  ++count_;
  append_int4(bytes_, 8);
  append_int8(bytes_, value);
}

void ArrayParam::add_float8(std::optional<double> value) {
  if (!value) return add_null();
  ++count_;
  append_int4(bytes_, 8);
  append_int8(bytes_, std::bit_cast<std::int64_t>(*value));
}

void ArrayParam::add_bool(bool value) {
  ++count_;
  append_int4(bytes_, 1);
  bytes_.push_back(value ? '\1' : '\0');
}

void ArrayParam::add(std::optional<Instant> const& at) {
  if (at)
    add_int8(to_postgres_time(*at));
  else
    add_null();
}

void ArrayParam::add_if_any(std::string_view text) {
  if (text.empty())
    add_null();
  else
    add(text);
}

std::string ArrayParam::finish() {
  overwrite_int4(bytes_, 4, has_null_ ? 1 : 0);
  overwrite_int4(bytes_, 12, count_);
  if (count_ == 0) {  // an empty array has no dimensions
    overwrite_int4(bytes_, 0, 0);
    bytes_.resize(header_size - 8);
  }
  return std::move(bytes_);
}

Params& Params::null() {
  values_.emplace_back(std::nullopt);
  return *this;
}

Params& Params::text(std::string_view text) {
  values_.emplace_back(std::string(text));
  return *this;
}

Params& Params::text_if_any(std::string_view text) {
  return text.empty() ? null() : this->text(text);
}

Params& Params::id(ExecutionId const& id) {
  values_.emplace_back(std::string(id.bytes.begin(), id.bytes.end()));
  return *this;
}

Params& Params::id(std::optional<ExecutionId> const& id) {
  return id ? this->id(*id) : null();
}

Params& Params::int4(std::int32_t value) {
  append_int4(values_.emplace_back(std::string()).value(), value);
  return *this;
}

Params& Params::int8(std::int64_t value) {
  append_int8(values_.emplace_back(std::string()).value(), value);
  return *this;
}

Params& Params::boolean(bool value) {
  values_.emplace_back(std::string(1, value ? '\1' : '\0'));
  return *this;
}

Params& Params::at(std::optional<Instant> const& at) {
  return at ? int8(to_postgres_time(*at)) : null();
}

Params& Params::array(ArrayParam array) {
  values_.emplace_back(array.finish());
  return *this;
}

}  // namespace ropewalk::sql
