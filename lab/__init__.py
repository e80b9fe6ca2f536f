# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both clouds on one machine.

``topology`` says what should exist, ``plan`` turns it into commands (pure), ``engine`` runs them, ``__main__`` is the
command line. The product never imports this package.
"""
