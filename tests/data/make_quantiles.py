#!/usr/bin/python3
"""Quantiles to 20 digits for tests/unit/test_interval.c: kind, probability, two parameters, value.
The incomplete beta function is summed as a continued fraction in 40 digits and agrees with mpmath's
own where that converges; its quantiles are found by bisection and regula falsi."""
from mpmath import betainc, erfinv, exp, findroot, log, loggamma, mp, mpf, nstr, sqrt

mp.dps = 40


def fraction(x, a, b):
    c, d = mpf(1), 1 / (1 - (a + b) * x / (a + 1))
    f, m, step = d, 1, mpf(0)
    while abs(step - 1) > mpf(10) ** -35:
        for term in (m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
                     -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))):
            d = 1 / (1 + term * d)
            c = 1 + term / c
            step = c * d
            f *= step
        m += 1
    return f


def share(x, a, b):
    x, a, b = mpf(x), mpf(a), mpf(b)
    front = exp(a * log(x) + b * log(1 - x) + loggamma(a + b) - loggamma(a) - loggamma(b))
    if x < (a + 1) / (a + b + 2):
        return front * fraction(x, a, b) / a
    return 1 - front * fraction(1 - x, b, a) / b


def beta(p, a, b):
    p, low, high = mpf(p), mpf(0), mpf(1)
    while high - low > 1e-8 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if share(middle, a, b) < p else (low, middle)
    return findroot(lambda x: share(x, a, b) - p, (low, high), solver='anderson', tol=1e-60,
                    verify=False)


def row(kind, p, a, b, value):
    print(f"    {{'{kind}', {p!r}, {a}, {b}, {nstr(value, 20)}}},")


assert abs(share(.3, 2, 3.5) - betainc(2, 3.5, 0, mpf(.3), regularized=True)) < 1e-30
for p in (1e-10, .001, .005, .025, .25, .4, .6, .975, .9999):
    row('n', p, 0, 0, sqrt(mpf(2)) * erfinv(2 * mpf(p) - 1))
for df in (1, 2, 4.5, 19, 100, 100000):
    for p in (1e-6, .025, .3, .6, .975, .995):
        x = beta(2 * min(mpf(p), 1 - mpf(p)), mpf(df) / 2, .5)
        row('t', p, df, 0, sqrt(df * (1 - x) / x) * (1 if p > .5 else -1))
for a, b in ((.5, .5), (1, 10), (3, 98), (2, 9999), (50, 50), (.5, 3), (300, 16327)):
    for p in (1e-6, .025, .5, .975):
        row('b', p, a, b, beta(p, a, b))
for x, a, b in ((.3, 2, 3), (.01, 2, 200), (.99, 30, 2), (.51, 1000, 1000), (1e-5, 3, 100000)):
    row('I', x, a, b, share(x, a, b))
