"""Knows what invented firms are called and what they do: lines of business, names of syllables, identifiers."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass
from datetime import date

ICT = "Technologies de l'information et de la communication"
GREEN = "Développement durable"
CREATIVE = "Industries créatives"


@dataclass(frozen=True)
class Subsector:
    """A line of business: the year it first appears in the park, its weight among entries, the words its firms use."""

    sector: str
    name: str
    since: int
    weight: float
    words: tuple[str, ...]


SUBSECTORS = (
    Subsector(ICT, "Édition de logiciels", 2001, 16, ("Logiciels", "Soft", "Systèmes", "Solutions")),
    Subsector(ICT, "Services informatiques", 2001, 15, ("Informatique", "Conseil", "Ingénierie", "Services")),
    Subsector(ICT, "Télécoms", 2001, 9, ("Télécom", "Réseaux", "Mobile", "Com")),
    Subsector(ICT, "Centres de contact", 2001, 4, ("Contact", "Relation Client", "Appels")),
    Subsector(ICT, "Cybersécurité", 2003, 6, ("Sécurité", "Cyber", "Confiance", "Secure")),
    Subsector(ICT, "E-learning", 2004, 6, ("Formation", "Académie", "Savoirs", "Learn")),
    Subsector(ICT, "Commerce électronique", 2005, 7, ("Market", "Commerce", "Shop")),
    Subsector(ICT, "E-santé", 2008, 6, ("Santé", "Médical", "Clinique", "Soins")),
    Subsector(ICT, "Fintech", 2012, 12, ("Pay", "Finance", "Crédit", "Fin")),
    Subsector(ICT, "Big data et intelligence artificielle", 2013, 14, ("Data", "Analytique", "Cognitif", "Labs")),
    Subsector(GREEN, "Énergie", 2005, 8, ("Énergie", "Solaire", "Watt")),
    Subsector(GREEN, "Eau", 2006, 4, ("Eaux", "Hydro", "Irrigation")),
    Subsector(GREEN, "Déchets et économie circulaire", 2008, 3, ("Recyclage", "Circulaire", "Valorisation")),
    Subsector(GREEN, "Agritech", 2013, 8, ("Agro", "Semences", "Cultures")),
    Subsector(GREEN, "Mobilité durable", 2015, 3, ("Mobilité", "Transport", "Drive")),
    Subsector(CREATIVE, "Communication et contenus", 2001, 9, ("Communication", "Médias", "Contenus")),
    Subsector(CREATIVE, "Audiovisuel et animation", 2003, 5, ("Images", "Productions", "Animation")),
    Subsector(CREATIVE, "Design", 2005, 5, ("Design", "Formes", "Création")),
    Subsector(CREATIVE, "Jeux vidéo", 2009, 5, ("Jeux", "Games", "Ludique")),
)

_FIRST = (
    "Zel Our Tam Ker Sif Dra Mou Né Ala Ifr Tiz Azr Bel Cha Dou "
    "Éli Fan Gha Hal Ima Jou Kas Lém Mar Nou Oua Ram Sou Tar Yas"
)
_MIDDLE = "mi ra na du ké lo va si ta né zo ri ba go dé mo li sa no vé"
_LAST = "ra lia nis zeth dor vane xis mel nour tique lune dane zia réo bis ganne lys tane vor quis"
FIRST, MIDDLE, LAST = _FIRST.split(), _MIDDLE.split(), _LAST.split()


def folded(text: str) -> str:
    """The text without accents, capitals, apostrophes and spaces: what two names must not share."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


class Register:
    """Hands out names and identifiers, each once."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._roots: set[str] = set()
        self._numbers: set[int] = set()

    def name(self, words: tuple[str, ...]) -> str:
        """An invented company name around a root nobody else has."""
        pick = self._dice.choice
        root = ""
        while not root or folded(root) in self._roots:
            root = pick(FIRST) + "".join(pick(MIDDLE) for _ in range(self._dice.choice((1, 1, 2)))) + pick(LAST)
        self._roots.add(folded(root))
        word, draw = pick(words), self._dice.random()
        if draw < 0.70:
            return f"{root} {word}"
        if draw < 0.82:
            return f"{word} {root}"
        if draw < 0.88:
            return f"L'Atelier {root}"
        if draw < 0.92:
            return f"{root.upper()} {word.upper()}"
        if draw < 0.96:
            return f"{root} & Associés"
        return f"Société d'études, de réalisations et de services {root} – {word} et développement"

    def identifier(self) -> str:
        """Fifteen digits shaped like a Moroccan common company identifier, from a range not in use; kept as text."""
        number = 0
        while not number or number in self._numbers:
            number = self._dice.randrange(100_000, 1_000_000)
        self._numbers.add(number)
        stem = f"009{number}0000"
        return f"{stem}{97 - int(stem) * 100 % 97:02d}"


def subsector(dice: random.Random, on: date) -> Subsector:
    """The line of business of a firm that enters on that day: one that exists by then, by its weight."""
    known = [line for line in SUBSECTORS if line.since <= on.year]
    return dice.choices(known, [line.weight for line in known])[0]
