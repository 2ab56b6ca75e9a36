"""CRC-32C and CRC-64/NVME by table, and how the CRCs of two pieces make that of the whole.

Two bytes a step: some 25 MB/s on a small core, against gigabytes for the compiled CRC-32.
Both are reflected, start with all ones and end inverted, so combining is arithmetic in GF(2)
without corrections: crc(AB) = crc(A) * x^(8|B|) + crc(B), modulo the polynomial.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import functools
import struct
import zlib
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Polynomial:
    """`bits` wide, `value` reflected (the highest power is the lowest bit)."""

    bits: int
    value: int


CRC32 = Polynomial(32, 0xEDB88320)
CRC32C = Polynomial(32, 0x82F63B78)
CRC64NVME = Polynomial(64, 0x9A6C9329AC4BC9B5)


@functools.cache
def _table(polynomial: Polynomial) -> tuple[int, ...]:
    table = []
    for start in range(1 << 16):
        value = start
        for _ in range(16):
            value = (value >> 1) ^ (polynomial.value if value & 1 else 0)
        table.append(value)
    return tuple(table)


class TableCrc:
    """A running checksum with the face of a hash object."""

    def __init__(self, polynomial: Polynomial) -> None:
        self._polynomial = polynomial
        self._table = _table(polynomial)
        self._value = (1 << polynomial.bits) - 1
        self._odd = b""

    def update(self, data: bytes) -> None:
        table, value = self._table, self._value
        whole = self._odd + data
        count = len(whole) // 2
        for word in struct.unpack_from(f"<{count}H", whole):
            value = table[(value ^ word) & 0xFFFF] ^ (value >> 16)
        self._value, self._odd = value, whole[count * 2 :]

    def digest(self) -> bytes:
        value = self._value
        for byte in self._odd:
            value ^= byte
            for _ in range(8):
                value = (value >> 1) ^ (self._polynomial.value if value & 1 else 0)
        inverted = value ^ ((1 << self._polynomial.bits) - 1)
        return inverted.to_bytes(self._polynomial.bits // 8, "big")


class ZlibCrc:
    """CRC-32 with the face of a hash object."""

    def __init__(self) -> None:
        self._value = 0

    def update(self, data: bytes) -> None:
        self._value = zlib.crc32(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(4, "big")


def combine(polynomial: Polynomial, first: bytes, second: bytes, length: int) -> bytes:
    """The CRC of two pieces put together, the second one `length` bytes long."""
    power = _power_of_x(polynomial, 8 * length)
    value = _multiply(polynomial, int.from_bytes(first, "big"), power)
    return (value ^ int.from_bytes(second, "big")).to_bytes(polynomial.bits // 8, "big")


def _power_of_x(polynomial: Polynomial, exponent: int) -> int:
    result, square = 1 << (polynomial.bits - 1), 1 << (polynomial.bits - 2)
    while exponent:
        if exponent & 1:
            result = _multiply(polynomial, result, square)
        square = _multiply(polynomial, square, square)
        exponent >>= 1
    return result


def _multiply(polynomial: Polynomial, left: int, right: int) -> int:
    product, bit = 0, 1 << (polynomial.bits - 1)
    while bit:
        if left & bit:
            product ^= right
        right = (right >> 1) ^ (polynomial.value if right & 1 else 0)
        bit >>= 1
    return product
