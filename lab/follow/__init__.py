# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the clouds' APIs list becomes real: an instance there is a host here.

``clouds`` asks the APIs, ``instances`` reads their answers, ``decisions`` compares them with what stands (both pure),
``follower`` does one thing after the other, ``__main__`` is the command line.
"""
