# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What moto says of a service, corrected: one file per service, each patch with its source in AWS's documentation.

A patch goes when moto does it right by itself. New exception classes would have to live in moto's own modules (it finds
the service's error model by the module's name), so the patches raise moto's.
"""
