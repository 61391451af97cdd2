// SPDX-License-Identifier: Apache-2.0
// The texts of the bit columns of tcpFlags.
#pragma once

#include <vector>

#include "t2/columns.h"

namespace t2::tcp_flags {

using Bits = std::vector<BitText>;

Bits stat_bits();
Bits ip_flag_bits();
Bits ip_option_class_bits();
/// `joined`: combinations are written FIN-ACK as in 0.9.3, else FIN_ACK.
Bits tcp_flag_bits(bool joined);
Bits anomaly_bits();
Bits option_kind_bits();
Bits mp_subtype_bits();
Bits mp_flag_bits();
Bits mp_dss_bits();

}  // namespace t2::tcp_flags
