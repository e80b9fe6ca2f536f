# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from hypothesis import settings

# No timed assertions: a busy machine is no reason to fail.
settings.register_profile("multicloud.dr", deadline=None)
settings.load_profile("multicloud.dr")
