#pragma once
// A certificate authority made for one test, and certificates of every kind from it: good, expired,
// for another host, signed by themselves.

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace ropewalk::test {

/// What a TLS server shows, as PEM.
struct TlsIdentity {
  std::string certificate{};
  std::string key{};
  std::string client_ca{};  // not empty: clients must show a certificate that this one signed
};

struct CertificateWish {
  std::vector<std::string> names{"localhost", "127.0.0.1", "::1"};  // hosts and addresses
  std::chrono::seconds valid_from{-3600};                           // relative to now
  std::chrono::seconds valid_until{3600};
  bool self_signed = false;
};

class TestCertificates {
 public:
  TestCertificates();
  ~TestCertificates();

  /// The authority's certificate in a file, for TlsOptions::ca_file.
  std::string const& ca_file() const { return ca_file_; }
  std::string const& ca_pem() const { return ca_pem_; }

  std::shared_ptr<TlsIdentity> issue(CertificateWish const& wish = {}) const;
  /// Writes `text` to a file that lives as long as this object; its path.
  std::string file(std::string const& name, std::string const& text) const;

 private:
  struct Authority;

  std::string folder_;
  std::unique_ptr<Authority> authority_;
  std::string ca_pem_;
  std::string ca_file_;
};

}  // namespace ropewalk::test
