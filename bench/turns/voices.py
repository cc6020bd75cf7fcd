"""The callers' voices: espeak-ng's, some through a telephone's band, some in noise. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.support.sound_match import trimmed
from local.caller.tape import RATE_HZ, Samples
from local.speech import CALLER, Speech, SpokenVoice, join, synthesize

_LOWEST_HZ, _HIGHEST_HZ = 300.0, 3_400.0
_SPEECH_RMS = 2_600.0  # of every synthesized voice (local/speech.py)
_NOISE_S = 10.0


@dataclass(frozen=True, slots=True)
class Voice:
    """A caller's voice. `snr_db`: how much louder it is than the noise around it; None: no noise."""

    name: str
    spoken: SpokenVoice
    telephone: bool = False
    snr_db: float | None = None

    def say(self, parts: tuple[str, ...], pause_s: float = 0.0) -> Samples:
        """Return a line at RATE_HZ without silence at its ends, with exactly `pause_s` between its parts."""
        spoken = [synthesize(part, self.spoken, sample_rate=RATE_HZ).samples for part in parts]
        line = join([Speech(trimmed(samples), RATE_HZ) for samples in spoken], pause_s=pause_s).samples
        return telephone_band(line) if self.telephone else line

    def noise(self) -> Samples | None:
        """Return the noise around the caller, to be repeated endlessly."""
        if self.snr_db is None:
            return None
        noise = pink_noise(_NOISE_S, _SPEECH_RMS * 10 ** (-self.snr_db / 20))
        return telephone_band(noise) if self.telephone else noise


VOICES = (
    Voice("clear", CALLER),
    Voice("man", SpokenVoice("en-us+m3", 150, 45, 50)),
    Voice("British and quick", SpokenVoice("en-gb-x-rp+f2", 175, 55, 55)),
    Voice("telephone", SpokenVoice("en-us+m1", 160, 40, 45), telephone=True),
    Voice("telephone in noise", SpokenVoice("en-us+f3", 160, 50, 50), telephone=True, snr_db=20),
    Voice("street", SpokenVoice("en-us+f4", 150, 50, 50), snr_db=15),
)


def telephone_band(samples: Samples) -> Samples:
    """Return only what a telephone carries: 300 to 3,400 Hz."""
    spectrum = np.fft.rfft(samples.astype(np.float64))
    tones = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    spectrum[(tones < _LOWEST_HZ) | (tones > _HIGHEST_HZ)] = 0
    return _as_samples(np.fft.irfft(spectrum, len(samples)))


def pink_noise(seconds: float, rms: float, *, seed: int = 1) -> Samples:
    """Return noise like a street's: as loud in each octave as in the next."""
    count = round(seconds * RATE_HZ)
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=count))
    spectrum[1:] /= np.sqrt(np.fft.rfftfreq(count, 1 / RATE_HZ)[1:])
    spectrum[0] = 0
    noise = np.fft.irfft(spectrum, count)
    return _as_samples(noise * rms / np.sqrt(np.mean(noise**2)))


def _as_samples(exact: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> Samples:
    return np.clip(exact, np.iinfo(np.int16).min, np.iinfo(np.int16).max).astype(np.int16)


def bursts(seconds: float) -> Samples:
    """Return noise that never becomes words: 0.1 s of a voice, 0.15 s of nothing, and so on."""
    sound, pause = RATE_HZ // 10, RATE_HZ * 3 // 20
    murmur = "many people talk with each other in the next room and nobody can be understood at all"
    voice = synthesize(murmur, SpokenVoice("en-us+m7", 190), sample_rate=RATE_HZ).samples
    pieces = voice[: len(voice) // sound * sound].reshape(-1, sound)
    burst = np.concatenate([pieces, np.zeros((len(pieces), pause), np.int16)], axis=1).reshape(-1)
    return np.resize(burst, round(seconds * RATE_HZ))
