"""How large things look: a soft prior by noun. Relations and size words override it; nothing here is a claim.

`reach` is the longer side of a thing in units of the canvas's shorter side, in a picture that shows several things.
Reaches are compressed on purpose: a mouse beside a house must stay paintable. `aspect` is width over height.
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
    (0.14, "ant bee fly ladybug spider coin button ring earring key nut seed bead candy cherry grape strawberry "
           "mosquito"),
    (0.19, "mouse butterfly egg lemon apple orange peach tomato potato carrot mushroom spoon fork knife pen pencil "
           "brush toothbrush watch glasses sunglasses tie glove sock shoe frog lizard crab shell leaf feather remote "
           "phone donut cookie cupcake muffin snail snake fish stapler match candle dice acorn earbud ball"),
    (0.25, "seagull gull crow robin "
           "cup mug glass bottle bowl plate book flower rose tulip bird sparrow pigeon duck chick rabbit squirrel "
           "hamster hat cap helmet banana pineapple bread sandwich burger pizza cake hot_dog clock vase camera "
           "toaster kettle box gift toy doll teddy_bear frisbee wine_glass scissors hair_drier pot pan basket bag "
           "purse handbag teapot pillow keyboard notebook newspaper jar can lantern bell trophy crown scarf football "
           "basketball baseball_bat"),
    (0.33, "cat puppy kitten chicken rooster goose owl eagle monkey fox laptop monitor lamp backpack umbrella guitar "
           "violin balloon kite microwave suitcase broccoli cabbage pumpkin watermelon cactus plant potted_plant "
           "stool tennis_racket skateboard sink toilet fan radio speaker parrot turtle raccoon penguin swan "
           "stop_sign parking_meter fire_hydrant painting picture mirror window sign baby hen turkey dish drum flag "
           "bouquet"),
    (0.42, "dog child boy girl kid chair tv television table desk bench bicycle bike sheep goat pig wolf deer lion "
           "tiger leopard kangaroo bear panda snowman surfboard traffic_light oven stove dresser shelf nightstand "
           "statue robot fountain fence door scooter motorbike barrel canoe kayak carriage cart rug piano snowboard "
           "ski dolphin"),
    (0.52, "person man woman lady guy horse cow zebra donkey camel motorcycle couch sofa bed bookshelf bookcase "
           "wardrobe refrigerator fridge cabinet giraffe elephant hippo rhino shark gorilla bathtub car taxi jeep "
           "van boat tent swing knight soldier player dancer chef doctor teacher student policeman firefighter "
           "astronaut bride"),
    (0.62, "truck bus train sailboat yacht tree whale dinosaur dragon helicopter tractor ship hut cabin shed bridge "
           "palm ambulance wagon trailer carousel pine wire cable rope clothesline"),
    (0.72, "house building airplane plane aeroplane jet tower castle church mountain skyscraper barn hill temple "
           "palace lighthouse windmill school hospital factory stadium rocket pyramid rainbow cliff volcano"),
)

_ASPECT: tuple[tuple[float, str], ...] = (
    (0.35, "bottle wine_glass candle lighthouse tower skyscraper spoon fork knife toothbrush pen pencil "
           "parking_meter baseball_bat tie surfboard feather door ski"),
    (0.48, "person man woman lady guy boy girl child kid giraffe traffic_light refrigerator fridge knight "
           "soldier player dancer chef doctor teacher student policeman firefighter astronaut bride wardrobe vase "
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
           "glasses sunglasses scissors hot_dog helicopter ambulance tractor wagon fence crab bathtub piano"),
    (9.0, "wire cable rope clothesline"),
)

_ALOFT = frozenset((
    "seagull", "gull",
    "bird", "butterfly", "bee", "kite", "balloon", "airplane", "plane", "aeroplane", "jet", "helicopter", "cloud",
    "sun", "moon", "star", "rainbow", "eagle", "ufo", "drone", "parachute", "rocket", "planet", "comet", "chandelier",
))

_WORDS = {
    "tiny": 0.5, "miniature": 0.5, "little": 0.6, "small": 0.52, "short": 0.85, "mini": 0.6, "microscopic": 0.4,
    "big": 1.35, "large": 1.38, "huge": 1.65, "giant": 1.75, "gigantic": 1.75, "enormous": 1.7, "massive": 1.65,
    "tall": 1.25, "oversized": 1.5, "colossal": 1.75, "baby": 0.75, "long": 1.2,
}

_SLOTS = {
    "hat": -0.44, "cap": -0.44, "helmet": -0.42, "crown": -0.44, "hood": -0.4, "wig": -0.4, "headphone": -0.4,
    "beanie": -0.44,
    "glasses": -0.36, "sunglasses": -0.36, "mask": -0.34, "goggle": -0.36, "eyepatch": -0.36,
    "tie": -0.12, "scarf": -0.24, "necklace": -0.22, "collar": -0.24, "backpack": -0.08,
    "pants": 0.22, "jeans": 0.22, "skirt": 0.12, "shorts": 0.12, "belt": 0.05,
    "shoe": 0.45, "boot": 0.43, "sock": 0.42, "sandal": 0.45, "slipper": 0.45, "sneaker": 0.45, "skate": 0.45,
    "ski": 0.46,
}

DEFAULT = Size(0.38, 1.0)


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


def worn_at(noun: str) -> float:
    """Where a garment sits, from -0.5 (top of the wearer's box) to 0.5 (its foot)."""
    return _SLOTS.get(noun.lower().split()[-1], 0.0)
