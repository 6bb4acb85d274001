"""How large things are: a soft prior by noun. Relations and size words override it; nothing here is a claim.

`reach` is the longer side of a thing in metres, as it is seen: what is far away whenever it is seen (a moon, a cloud)
has the size that it seems to have among things at hand. `aspect` is width over height.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple


class Size(NamedTuple):
    """A natural size."""

    reach: float
    aspect: float

    @property
    def wh(self) -> tuple[float, float]:
        """Width and height."""
        return (self.reach, self.reach / self.aspect) if self.aspect >= 1 else (self.reach * self.aspect, self.reach)


_REACH: tuple[tuple[float, str], ...] = (
    (0.02, "ant bee fly ladybug spider coin button ring earring seed bead grape mosquito key nut"),
    (0.05, "butterfly egg cherry strawberry candy acorn earbud dice match marble dragonfly snail cookie fried_egg"),
    (0.09, "mouse lemon apple orange peach tomato potato mushroom watch tie cup mug donut cupcake muffin card lizard "
           "frog crab baseball hamster leaf shell glass candle glasses sunglasses eye nose ear bacon "
           "toast slice stapler tooth ornament"),
    (0.18, "carrot spoon fork knife pen pencil brush toothbrush glove sock shoe boot feather remote phone fish "
           "sparrow robin chick bottle bowl banana bread sandwich burger hot_dog wine_glass scissors book clock can "
           "camera doll vase flower rose tulip hat cap crown teapot jar toy bird candlestick trophy corn pear"),
    (0.3, "plate pizza cake pineapple box gift teddy_bear frisbee toaster kettle pot pan basket bag purse handbag "
           "pillow newspaper notebook kite lantern bell helmet football basketball ball pigeon duck crow rabbit "
           "squirrel "
          "parrot owl laptop keyboard violin cabbage broccoli pumpkin watermelon hair_drier globe radio drum turtle "
          "kitten bouquet tray hen snake shirt scarf cactus seagull gull sandcastle"),
    (0.5, "cat chicken rooster goose fox monkey raccoon penguin microwave monitor lamp backpack umbrella balloon "
          "plant potted_plant suitcase sign speaker fan sink puppy baby picture painting mirror eagle turkey swan "
          "flag dish star heart skateboard tennis_racket baseball_bat fire_hydrant stool moon sun earth planet bucket "
          "beehive nest birdhouse mailbox crate skull"),
    (0.9, "dog child boy girl kid chair tv television table guitar goat pig wolf sheep leopard panda "
          "window toilet oven stove dishwasher nightstand fireplace barrel fountain drone stop_sign parking_meter "
          "coffee_table stand shelf cart chandelier jack-o-lantern cello"),
    (1.3, "desk dresser bicycle bike snowman kangaroo deer rug surfboard snowboard ski piano robot scooter toddler "
          "teenager dining_table stall grill swing trunk mattress statue blanket branch counter windowsill"),
    (1.8, "person man woman lady guy knight soldier player dancer chef doctor teacher student policeman firefighter "
          "astronaut bride groom wizard witch pirate king queen mother father gorilla bear lion tiger couch sofa bed "
          "bench door wardrobe refrigerator fridge cabinet bookshelf bookcase motorcycle motorbike bathtub canoe "
          "kayak cupboard princess cowboy farmer clown skeleton santa scarecrow family couple ladder"),
    (2.6, "horse cow zebra donkey camel fence rhino hippo shark dolphin ostrich moose alligator crocodile tent "
          "traffic_light street_light streetlight carriage wagon cloud rock boulder bush wire cable rope clothesline"),
    (4.2, "car taxi jeep van elephant giraffe dinosaur boat gate tractor ufo pond goal iceberg "
          "carousel rainbow wall"),
    (7.0, "truck bus ambulance sailboat tree palm pine hut cabin shed helicopter trailer dragon oak barn spaceship "
          "spacecraft firework billboard"),
    (12.0, "house cottage train yacht whale windmill diner shop store cafe airplane plane aeroplane jet bridge "
           "rocket temple"),
    (25.0, "building church school hospital factory lighthouse ship hill cruise_ship pyramid castle palace tower "
           "stadium cathedral mansion"),
    (60.0, "skyscraper mountain volcano cliff island eiffel_tower city"),
)

_ASPECT: tuple[tuple[float, str], ...] = (
    (0.35, "bottle wine_glass candle lighthouse tower skyscraper eiffel_tower streetlight street_light ladder "
           "staff spoon fork knife toothbrush pen pencil "
           "parking_meter baseball_bat tie surfboard feather door ski"),
    (0.48, "person man woman lady guy boy girl child kid giraffe traffic_light refrigerator fridge knight "
           "soldier player dancer chef doctor teacher student policeman firefighter astronaut bride groom wizard "
           "witch pirate king queen mother father princess cowboy farmer scarecrow wardrobe vase "
           "statue rocket penguin flower rose tulip fire_hydrant lantern bookcase bookshelf cactus guitar violin "
           "robot"),
    (0.72, "lamp pine palm snowman owl chair balloon plant potted_plant pineapple jar backpack dress doll "
           "bear teddy_bear kangaroo gorilla monkey rabbit squirrel phone remote stool tent chicken "
           "rooster mirror"),
    (0.9, "tree umbrella moon"),
    (1.15, "cup mug bird sparrow pigeon butterfly heart boat sailboat star"),
    (1.3, "hat cap helmet crown book"),
    (1.35, "dog sheep goat pig cow horse donkey zebra camel lion tiger wolf laptop tv television monitor table desk "
           "elephant hippo rhino bicycle bike motorcycle motorbike bed turtle pizza cake bowl plate duck swan barn"),
    (1.8, "car taxi jeep van truck bus train ship yacht canoe kayak couch sofa bench airplane plane "
           "jet aeroplane fish shark whale dolphin keyboard skateboard snowboard banana carrot snake bridge rug "
           "glasses sunglasses scissors hot_dog helicopter ambulance tractor wagon fence crab bathtub piano "
           "mountain cruise_ship coffee_table tray blanket windowsill iceberg branch bacon rainbow hill"),
    (3.2, "counter shelf"),
    (9.0, "wire cable rope clothesline"),
)

_ALOFT = frozenset((
    "seagull", "gull",
    "bird", "butterfly", "bee", "kite", "balloon", "airplane", "plane", "aeroplane", "jet", "helicopter", "cloud",
    "sun", "moon", "star", "rainbow", "eagle", "ufo", "drone", "parachute", "rocket", "planet", "comet", "chandelier",
    "earth", "firework", "dragonfly",
))

_WORDS = {
    "tiny": 0.5, "miniature": 0.5, "little": 0.6, "small": 0.52, "short": 0.85, "mini": 0.6, "microscopic": 0.4,
    "big": 1.35, "large": 1.38, "huge": 1.65, "giant": 1.75, "gigantic": 1.75, "enormous": 1.7, "massive": 1.65,
    "tall": 1.25, "oversized": 1.5, "colossal": 1.75, "baby": 0.75, "long": 1.2,
}

_FLAT = frozenset((
    "tray", "plate", "rug", "carpet", "blanket", "towel", "board", "chessboard", "pizza", "lawn", "grass", "field",
    "meadow", "road", "street", "floor", "ground", "wall", "lake", "pond", "river", "water", "map", "page", "mat",
))

_THIN = frozenset(("book", "plate", "pancake", "newspaper", "magazine", "towel", "tile", "coin", "log", "plank"))

_SLOTS = {
    "hat": -0.44, "cap": -0.44, "helmet": -0.42, "crown": -0.44, "hood": -0.4, "wig": -0.4, "headphone": -0.4,
    "beanie": -0.44,
    "glasses": -0.36, "sunglasses": -0.36, "mask": -0.34, "goggle": -0.36, "eyepatch": -0.36,
    "tie": -0.12, "scarf": -0.24, "necklace": -0.22, "collar": -0.24, "backpack": -0.08,
    "pants": 0.22, "jeans": 0.22, "skirt": 0.12, "shorts": 0.12, "belt": 0.05,
    "shoe": 0.45, "boot": 0.43, "sock": 0.42, "sandal": 0.45, "slipper": 0.45, "sneaker": 0.45, "skate": 0.45,
    "ski": 0.46,
}

FAR_SIZE = 5.0
"""From how many metres on a thing is seen from afar."""
DEFAULT = Size(0.6, 1.0)


def _table(rows: tuple[tuple[float, str], ...]) -> dict[str, float]:
    return {noun.replace("_", " "): value for value, nouns in rows for noun in nouns.split()}


_REACH_OF, _ASPECT_OF = _table(_REACH), _table(_ASPECT)


@lru_cache(maxsize=4096)
def natural(noun: str) -> Size:
    """The natural size of a noun; a compound is as large as its head ("racing car": car)."""
    words = noun.lower().split()
    tries = [" ".join(words[i:]) for i in range(len(words))]
    reach = next((_REACH_OF[t] for t in tries if t in _REACH_OF), DEFAULT.reach)
    return Size(reach, next((_ASPECT_OF[t] for t in tries if t in _ASPECT_OF), DEFAULT.aspect))


def sized(noun: str) -> bool:
    """Whether the natural size of the noun is known."""
    return noun in _REACH_OF


def factor(attributes: Iterable[str]) -> float:
    """How much size words change the natural size."""
    product = 1.0
    for word in attributes:
        product *= _WORDS.get(word.lower(), 1.0)
    return min(max(product, 0.3), 2.0)


def flies(noun: str) -> bool:
    """Whether it is usually seen in the upper part of a picture."""
    return noun.lower().split()[-1] in _ALOFT


def flat(noun: str) -> bool:
    """Whether what is on it is seen within it: it lies flat, is seen from above, or stands upright as a wall."""
    return noun.lower().split()[-1] in _FLAT


def piled(noun: str, wh: tuple[float, float]) -> tuple[float, float]:
    """The size of a thing that lies in a pile: what is thin lies on its broad side."""
    return (max(wh), max(wh) / 4) if noun.lower().split()[-1] in _THIN else wh


def worn_at(noun: str) -> float:
    """Where a garment sits, from -0.5 (top of the wearer's box) to 0.5 (its foot)."""
    return _SLOTS.get(noun.lower().split()[-1], 0.0)
