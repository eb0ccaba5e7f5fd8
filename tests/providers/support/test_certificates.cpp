#include "tests/providers/support/test_certificates.hpp"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace ropewalk::test {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

Key make_key() {
  return {EVP_EC_gen("P-256"), &EVP_PKEY_free};
}

template <class Write>
std::string pem_of(Write write) {
  std::unique_ptr<BIO, decltype(&BIO_free)> const memory(BIO_new(BIO_s_mem()), &BIO_free);
  write(memory.get());
  char* text = nullptr;
  auto const size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  return pem_of([&](BIO* out) { PEM_write_bio_X509(out, certificate); });
}

std::string pem_of(EVP_PKEY* key) {
  return pem_of([&](BIO* out) {
    PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

void add_extension(X509* certificate, X509* issuer, int id, std::string const& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  auto* const extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
  if (extension == nullptr) throw std::runtime_error("no certificate extension of " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Certificate make_certificate(EVP_PKEY* key, char const* name, CertificateWish const& wish) {
  Certificate out(X509_new(), &X509_free);
  static long serial = 1;
  X509_set_version(out.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(out.get()), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(out.get()), wish.valid_from.count());
  X509_gmtime_adj(X509_getm_notAfter(out.get()), wish.valid_until.count());
  X509_set_pubkey(out.get(), key);
  auto const* const text = reinterpret_cast<unsigned char const*>(name);
  auto* const subject = X509_get_subject_name(out.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, -1, -1, 0);
  return out;
}

bool is_address(std::string const& name) {
  std::array<unsigned char, 16> space;
  return ::inet_pton(AF_INET, name.c_str(), space.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), space.data()) == 1;
}

}  // namespace

struct TestCertificates::Authority {
  Key key = make_key();
  Certificate certificate{nullptr, &X509_free};
};

TestCertificates::TestCertificates() : authority_(std::make_unique<Authority>()) {
  auto pattern = (std::filesystem::temp_directory_path() / "ropewalk-tls-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder for certificates");
  folder_ = pattern;
  auto& ca = authority_->certificate = make_certificate(authority_->key.get(), "Test CA", {});
  X509_set_issuer_name(ca.get(), X509_get_subject_name(ca.get()));
  add_extension(ca.get(), ca.get(), NID_basic_constraints, "critical,CA:TRUE");
  X509_sign(ca.get(), authority_->key.get(), EVP_sha256());
  ca_pem_ = pem_of(ca.get());
  ca_file_ = file("ca.pem", ca_pem_);
}

TestCertificates::~TestCertificates() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::shared_ptr<TlsIdentity> TestCertificates::issue(CertificateWish const& wish) const {
  auto const key = make_key();
  auto const certificate = make_certificate(key.get(), "Test server", wish);
  auto* const issuer = wish.self_signed ? certificate.get() : authority_->certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  std::string names;
  for (auto const& name : wish.names)
    names += (names.empty() ? "" : ",") + std::string(is_address(name) ? "IP:" : "DNS:") + name;
  add_extension(certificate.get(), issuer, NID_subject_alt_name, names);
  auto* const signer = wish.self_signed ? key.get() : authority_->key.get();
  X509_sign(certificate.get(), signer, EVP_sha256());
  auto out = std::make_shared<TlsIdentity>();
  out->certificate = pem_of(certificate.get());
  out->key = pem_of(key.get());
  return out;
}

std::string TestCertificates::file(std::string const& name, std::string const& text) const {
  auto const path = folder_ + "/" + name;
  std::ofstream(path) << text;
  return path;
}

}  // namespace ropewalk::test
