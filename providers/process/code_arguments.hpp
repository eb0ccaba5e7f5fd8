#pragma once
// Which arguments of a command a shell or an interpreter reads as code: `sh -c CODE`,
// `python3 -c CODE`, `env A=1 bash -ec CODE`. What is put into those could become code.
//
// Pure. Only programs that are known by name; what a program of the user's own does with its
// arguments cannot be known here.

#include <boost/json/array.hpp>

#include <cstddef>
#include <vector>

namespace ropewalk {

/// Their places in `argv`, in rising order.
std::vector<std::size_t> code_arguments(boost::json::array const& argv);

}  // namespace ropewalk
