# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An independent witness of what the system promised and kept. Imports nothing from plugins/, roles/, app/ or lab/.

============  =======================  ========================================================================
file          runs on                  what
============  =======================  ========================================================================
writer        the lab's client         customers: orders and a cart through DNS and HTTPS, a journal of promises
observer      the machine              which databases would take a write, what DNS answers, ten times a second
tables        the tests                the final tables, read by root on the database hosts
history       the tests                the journals as data
intervals     the tests                pure: two writers at once, blindness, time without writes
checker       the tests                pure: the judgement
distribution  the tests                pure: percentiles over runs
faults        the tests                the lab's verbs as faults, with the moment they happened; undone together
trial         the tests                writers, observer and checker around a fault
controls      the tests                damage done on purpose, which the checker has to find
============  =======================  ========================================================================

Times are seconds of CLOCK_MONOTONIC. In the lab that is one clock: one kernel for all hosts, and for the tests.
"""
