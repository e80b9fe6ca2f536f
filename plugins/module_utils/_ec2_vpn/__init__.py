# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Site-to-Site VPN: tunnel options and their comparison, the parsed configuration, the API.

Note that this module util is **PRIVATE** to the collection.
"""
