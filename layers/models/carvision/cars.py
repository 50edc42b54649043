"""The hundred models that are advertised most: body, engine, drive, and price when new."""

from typing import NamedTuple


class Car(NamedTuple):
    """One model of the market; prices in USD, `four_wheel_share` from 0 to 1."""

    name: str
    body: str
    cylinders: int
    four_wheel_share: float
    new_price: float


def _read(line: str) -> Car:
    name, body, cylinders, four_wheel_percent, price_thousands = map(str.strip, line.split("|"))
    share = float(four_wheel_percent) / 100
    return Car(name, body, int(cylinders), share, float(price_thousands) * 1_000)


# Most advertised first: name | body | cylinders | four-wheel drive in % | new price in 1,000 USD.
_LINES = """
ford f-150                    | truck       | 8 | 65 | 41
chevrolet silverado 1500      | truck       | 8 | 70 | 41
ram 1500                      | truck       | 8 | 75 | 42
chevrolet silverado           | truck       | 8 | 70 | 40
jeep wrangler                 | SUV         | 6 | 98 | 36
ram 2500                      | pickup      | 8 | 85 | 52
toyota camry                  | sedan       | 4 |  2 | 26
honda accord                  | sedan       | 4 |  2 | 26
chevrolet silverado 2500hd    | truck       | 8 | 85 | 53
gmc sierra 1500               | truck       | 8 | 75 | 44
toyota corolla                | sedan       | 4 |  2 | 20
ford escape                   | SUV         | 4 | 50 | 27
nissan altima                 | sedan       | 4 |  2 | 25
honda civic                   | sedan       | 4 |  2 | 21
honda cr-v                    | SUV         | 4 | 60 | 28
ford explorer                 | SUV         | 6 | 65 | 37
toyota tacoma                 | pickup      | 6 | 75 | 33
ford f-250                    | truck       | 8 | 88 | 52
ford mustang                  | coupe       | 8 |  1 | 33
ford fusion                   | sedan       | 4 | 12 | 25
jeep grand cherokee           | SUV         | 6 | 85 | 38
toyota rav4                   | SUV         | 4 | 60 | 28
honda odyssey                 | mini-van    | 6 |  2 | 34
ford focus                    | sedan       | 4 |  1 | 20
hyundai sonata                | sedan       | 4 |  1 | 24
chevrolet tahoe               | SUV         | 8 | 75 | 52
chevrolet equinox             | SUV         | 4 | 45 | 28
chevrolet corvette            | coupe       | 8 |  0 | 58
chevrolet malibu              | sedan       | 4 |  1 | 25
gmc sierra                    | truck       | 8 | 75 | 44
chevrolet impala              | sedan       | 6 |  1 | 30
subaru outback                | wagon       | 4 | 97 | 30
chevrolet cruze               | sedan       | 4 |  1 | 20
nissan rogue                  | SUV         | 4 | 55 | 26
toyota tundra                 | pickup      | 8 | 75 | 42
ford f-250 super duty         | truck       | 8 | 88 | 54
chevrolet camaro              | coupe       | 8 |  0 | 34
hyundai elantra               | sedan       | 4 |  1 | 19
ford expedition               | SUV         | 8 | 70 | 52
toyota highlander             | SUV         | 6 | 65 | 37
chevrolet suburban            | SUV         | 8 | 75 | 55
dodge grand caravan           | mini-van    | 6 |  1 | 27
subaru impreza                | sedan       | 4 | 97 | 21
nissan frontier               | pickup      | 6 | 60 | 29
toyota 4runner                | SUV         | 6 | 85 | 39
ford f350                     | truck       | 8 | 90 | 55
jeep cherokee                 | SUV         | 6 | 85 | 28
toyota sienna                 | mini-van    | 6 | 15 | 34
volkswagen jetta              | sedan       | 4 |  1 | 22
honda pilot                   | SUV         | 6 | 70 | 36
chevrolet traverse            | SUV         | 6 | 50 | 35
subaru forester               | SUV         | 4 | 97 | 27
nissan sentra                 | sedan       | 4 |  1 | 18
toyota prius                  | hatchback   | 4 |  1 | 26
chevrolet colorado            | pickup      | 6 | 60 | 30
nissan versa                  | sedan       | 4 |  1 | 15
jeep liberty                  | SUV         | 6 | 80 | 25
ford taurus                   | sedan       | 6 | 15 | 29
ford ranger                   | pickup      | 6 | 50 | 26
chevrolet trailblazer         | SUV         | 6 | 75 | 28
ford f-350 super duty         | truck       | 8 | 90 | 56
gmc yukon                     | SUV         | 8 | 75 | 56
gmc acadia                    | SUV         | 6 | 55 | 36
gmc sierra 2500hd             | truck       | 8 | 88 | 54
nissan maxima                 | sedan       | 6 |  1 | 34
ford edge                     | SUV         | 6 | 50 | 32
jeep patriot                  | SUV         | 4 | 60 | 22
chevrolet silverado 3500hd    | truck       | 8 | 90 | 56
volkswagen passat             | sedan       | 4 |  2 | 25
kia soul                      | hatchback   | 4 |  1 | 19
kia sorento                   | SUV         | 6 | 50 | 29
hyundai santa fe              | SUV         | 6 | 50 | 29
dodge charger                 | sedan       | 6 | 10 | 32
cadillac escalade             | SUV         | 8 | 80 | 80
bmw x5                        | SUV         | 6 | 95 | 62
mercedes-benz benze sprinter  | van         | 6 |  5 | 42
ford econoline                | van         | 8 |  2 | 32
ford transit connect          | van         | 4 |  1 | 26
chevrolet express             | van         | 8 |  5 | 33
dodge dakota                  | pickup      | 6 | 60 | 26
kia optima                    | sedan       | 4 |  1 | 24
jeep grand cherokee laredo    | SUV         | 6 | 85 | 35
chrysler town & country       | mini-van    | 6 |  1 | 32
chrysler 300                  | sedan       | 6 | 10 | 33
chrysler 200                  | sedan       | 4 |  5 | 23
volkswagen beetle             | convertible | 4 |  0 | 22
ram 3500                      | truck       | 8 | 90 | 57
nissan murano                 | SUV         | 6 | 65 | 34
nissan pathfinder             | SUV         | 6 | 70 | 34
toyota camry le               | sedan       | 4 |  1 | 25
honda civic lx                | sedan       | 4 |  1 | 20
hyundai accent                | hatchback   | 4 |  1 | 15
acura tl                      | sedan       | 6 | 15 | 37
buick enclave                 | SUV         | 6 | 50 | 42
dodge durango                 | SUV         | 8 | 75 | 38
ford focus se                 | hatchback   | 4 |  1 | 19
subaru legacy                 | sedan       | 4 | 97 | 24
jeep wrangler unlimited       | offroad     | 6 | 99 | 40
ford mustang gt coupe         | coupe       | 8 |  0 | 39
toyota highlander limited     | SUV         | 6 | 75 | 42
"""

CARS = tuple(_read(line) for line in _LINES.strip().splitlines())
