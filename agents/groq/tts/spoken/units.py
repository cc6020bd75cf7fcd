"""Units of measure, as they are written after a number. Pure."""

from __future__ import annotations

from agents.groq.tts.spoken.rule import table

UNITS = table(
    """
    kilometer per hour: km/h, kph
    mile per hour: mph
    meter per second: m/s
    kilometer: km
    meter: m
    centimeter: cm
    millimeter: mm
    micrometer: µm
    mile: mi
    foot: ft
    yard: yd, yds
    square kilometer: km²
    square meter: m²
    cubic meter: m³
    square foot: sq ft, sq. ft.
    kilogram: kg
    gram: g
    milligram: mg
    pound: lb, lbs
    ounce: oz
    ton: t
    liter: l, L
    milliliter: ml, mL
    centiliter: cl
    gallon: gal
    kilobyte: KB, kB
    megabyte: MB
    gigabyte: GB
    terabyte: TB
    gibibyte: GiB
    mebibyte: MiB
    kilobit per second: kbps, kbit/s
    megabit per second: Mbps, Mb/s, Mbit/s
    gigabit per second: Gbps, Gbit/s, Gb/s
    megabyte per second: MB/s
    gigabyte per second: GB/s
    watt: W
    kilowatt: kW
    megawatt: MW
    kilowatt hour: kWh
    watt hour: Wh
    volt: V
    milliamp hour: mAh
    milliamp: mA
    hertz: Hz
    kilohertz: kHz
    megahertz: MHz
    gigahertz: GHz
    degree Celsius: °C
    degree Fahrenheit: °F
    degree: °
    decibel: dB
    decibel milliwatt: dBm
    pound per square inch: psi
    kilocalorie: kcal
    calorie: cal
    millisecond: ms
    second: s, sec, secs
    minute: min, mins
    hour: h, hr, hrs
    week: wk, wks
    year: yr, yrs
    month: mo
    pixel: px
    megapixel: MP
    revolution per minute: rpm
    inch: ″
    """
)
BARE = (
    "km/h",
    "m/s",
    "mph",
    "kWh",
    "kbps",
    "Mbps",
    "Gbps",
    "Mbit/s",
    "Gbit/s",
    "MB/s",
    "kbit/s",
    "Mb/s",
    "Gb/s",
)
"""Units that are said in full even without a number."""
EACH = table(
    """
    month: month, mo
    year: year, yr
    day: day
    week: week
    hour: hour, hr, h
    user: user
    person: person
    line: line
    minute: minute, min
    night: night
    gigabyte: GB
    kilogram: kg
    kilowatt hour: kWh
    item: item
    """
)
