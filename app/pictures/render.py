"""Make the shop's pictures: small scenes, modelled in code and ray-traced by Blender (on the CPU, about a minute each).

    pip install bpy==5.0.1 pillow && python app/pictures/render.py [--samples 16] [NAME ...]

Lengths are in decimetres; z is up; the camera looks along +y. Without names all pictures are made.
"""

import argparse
import itertools
import math
import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import bpy  # type: ignore[import-not-found]
from mathutils import Euler, Vector  # type: ignore[import-not-found]
from PIL import Image

OUT = Path(__file__).resolve().parent.parent / "static" / "pictures"
RGB = tuple[float, float, float]
Point = tuple[float, float]
Point3 = tuple[float, float, float]

SAND, SAGE, BLUSH, MIST, CREAM = "#d3c3ab", "#b9c0ab", "#d9b9a2", "#b6c0c4", "#e2d8c8"


def rgb(text: str) -> RGB:
    """#rrggbb → linear light, as Blender wants it."""
    values = [int(text[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)
    return r, g, b


# --- materials ------------------------------------------------------------------------------------------------------


class Material:
    """A principled material and shorthand for the nodes around it."""

    def __init__(self, color: str = "#ffffff", rough: float = 0.5, **inputs: Any) -> None:
        self.data = bpy.data.materials.new("m")
        self.data.use_nodes = True
        self.nodes, self.links = self.data.node_tree.nodes, self.data.node_tree.links
        self.bsdf = self.nodes["Principled BSDF"]
        self.set("Base Color", (*rgb(color), 1))
        self.set("Roughness", rough)
        for name, value in inputs.items():
            self.set(name.replace("_", " ").title().replace("Ior", "IOR"), value)

    def set(self, name: str, value: Any) -> None:
        self.bsdf.inputs[name].default_value = value

    def node(self, kind: str, **settings: Any) -> Any:
        node = self.nodes.new("ShaderNode" + kind)
        for name, value in settings.items():
            if name in node.inputs:
                node.inputs[name].default_value = value
            else:
                setattr(node, name, value)
        return node

    def noise(self, scale: float, stretch: Point3 = (1, 1, 1), detail: float = 4.0, distortion: float = 0.0) -> Any:
        coords, mapping = self.node("TexCoord"), self.node("Mapping", Scale=stretch)
        noise = self.node("TexNoise", Scale=scale, Detail=detail, Distortion=distortion)
        self.links.new(coords.outputs["Object"], mapping.inputs["Vector"])
        self.links.new(mapping.outputs["Vector"], noise.inputs["Vector"])
        return noise.outputs["Fac"]

    def ramp(self, value: Any, *stops: tuple[float, str], to: str = "Base Color") -> Any:
        ramp = self.node("ValToRGB")
        elements = ramp.color_ramp.elements
        while len(elements) < len(stops):
            elements.new(0.5)
        for element, (position, color) in zip(elements, stops, strict=True):
            element.position, element.color = position, (*rgb(color), 1)
        self.links.new(value, ramp.inputs["Fac"])
        if to:
            self.links.new(ramp.outputs["Color"], self.bsdf.inputs[to])
        return ramp.outputs["Color"]

    def bump(self, value: Any, strength: float, distance: float = 0.02) -> "Material":
        bump = self.node("Bump", Strength=strength, Distance=distance)
        self.links.new(value, bump.inputs["Height"])
        self.links.new(bump.outputs["Normal"], self.bsdf.inputs["Normal"])
        return self


def glaze(color: str, deep: str | None = None, rough: float = 0.22, speckle: str | None = None) -> Material:
    """Fired glaze: a little uneven in colour and surface."""
    m = Material(color, rough, coat_weight=0.35 if rough < 0.4 else 0.05, coat_roughness=0.08, specular_ior_level=0.45)
    cloud = m.ramp(m.noise(1.3, detail=2), (0.3, deep or color), (0.72, color))
    if speckle:
        grains = m.ramp(m.noise(24, detail=2), (0.66, "#000000"), (0.7, "#ffffff"), to="")
        mix = m.node("MixRGB")
        m.links.new(grains, mix.inputs["Fac"])
        m.links.new(cloud, mix.inputs["Color1"])
        mix.inputs["Color2"].default_value = (*rgb(speckle), 1)
        m.links.new(mix.outputs["Color"], m.bsdf.inputs["Base Color"])
    return m.bump(m.noise(5, detail=3), 0.12, 0.03)


def clay(color: str, dark: str) -> Material:
    """Bare fired clay."""
    m = Material(color, 0.85)
    m.ramp(m.noise(9, detail=8), (0.35, dark), (0.65, color))
    return m.bump(m.noise(40, detail=4), 0.25, 0.01)


def wood(light: str, dark: str, along: int = 0, rough: float = 0.45) -> Material:
    """Oiled wood with the grain along an axis (0, 1, 2)."""
    m = Material(light, rough, specular_ior_level=0.35)
    stretch = tuple(0.16 if axis == along else 2.0 for axis in range(3))
    rings = m.noise(2.6, stretch, detail=6, distortion=0.9)  # type: ignore[arg-type]
    m.ramp(rings, (0.3, dark), (0.5, light), (0.58, dark), (0.75, light))
    fine = tuple(0.5 if axis == along else 22.0 for axis in range(3))
    return m.bump(m.noise(2.5, fine), 0.12, 0.01)  # type: ignore[arg-type]


def walnut(along: int = 0) -> Material:
    return wood("#7d5336", "#4a2d1c", along)


def oak(along: int = 0) -> Material:
    return wood("#c79c68", "#a87a48", along)


def beech(along: int = 2) -> Material:
    return wood("#d2a878", "#bd8f5f", along)


def metal(color: str, rough: float = 0.28, hammered: float = 0.0) -> Material:
    m = Material(color, rough, metallic=1.0)
    m.bump(m.noise(7, detail=0), hammered, 0.04)
    return m


def cloth(color: str, dark: str, scale: float = 46, strength: float = 0.5) -> Material:
    """Woven cloth: two crossing waves."""
    m = Material(color, 0.95, sheen_weight=0.35, specular_ior_level=0.1)
    m.ramp(m.noise(3, detail=8), (0.3, dark), (0.7, color))
    coords = m.node("TexCoord")
    waves = []
    for direction in ("X", "Y"):
        wave = m.node("TexWave", bands_direction=direction, Scale=scale, Distortion=1.2)
        m.links.new(coords.outputs["Object"], wave.inputs["Vector"])
        waves.append(wave.outputs["Fac"])
    add = m.node("Math", operation="ADD")
    m.links.new(waves[0], add.inputs[0])
    m.links.new(waves[1], add.inputs[1])
    return m.bump(add.outputs["Value"], strength, 0.01)


def glass(color: str = "#ffffff", ior: float = 1.46) -> Material:
    """Clear glass whose shadow is not black: shadow rays pass."""
    m = Material(color, 0.0, transmission_weight=1.0, ior=ior)
    path, clear, mix = m.node("LightPath"), m.node("BsdfTransparent"), m.node("MixShader")
    clear.inputs["Color"].default_value = (0.93, 0.95, 0.94, 1)
    m.links.new(path.outputs["Is Shadow Ray"], mix.inputs["Fac"])
    m.links.new(m.bsdf.outputs["BSDF"], mix.inputs[1])
    m.links.new(clear.outputs["BSDF"], mix.inputs[2])
    m.links.new(mix.outputs["Shader"], m.nodes["Material Output"].inputs["Surface"])
    return m


def light_source(color: str, strength: float) -> Material:
    return Material("#000000", 1, emission_color=(*rgb(color), 1), emission_strength=strength)


# --- shapes ---------------------------------------------------------------------------------------------------------


def add(verts: Sequence[Any], faces: Sequence[Sequence[int]], material: Material, smooth: bool = True) -> Any:
    mesh = bpy.data.meshes.new("o")
    mesh.from_pydata(verts, [], faces)
    mesh.validate()
    mesh.materials.append(material.data)
    if smooth:
        mesh.shade_smooth()
    item = bpy.data.objects.new("o", mesh)
    bpy.context.collection.objects.link(item)
    return item


def place(item: Any, at: Point3 = (0, 0, 0), turn: Point3 = (0, 0, 0), scale: float = 1.0) -> Any:
    """Move and turn (degrees)."""
    item.location, item.rotation_euler = at, Euler([math.radians(a) for a in turn])
    item.scale = (scale, scale, scale)
    return item


def curve(points: Sequence[Any], steps: int = 10) -> list[Any]:
    """Catmull-Rom through the points; None between points makes a corner."""
    out: list[Any] = []
    runs: list[list[Any]] = [[]]
    for point in points:
        if point is None:
            runs.append([runs[-1][-1]])
        else:
            runs[-1].append(point)
    for run in runs:
        if len(run) < 3:
            out += run
            continue
        padded = [run[0], *run, run[-1]]
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
            for k in range(steps):
                t = k / steps
                out.append(
                    tuple(
                        0.5
                        * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2 + (3 * q - p - 3 * r + s) * t**3)
                        for p, q, r, s in zip(a, b, c, d, strict=True)
                    )
                )
        out.append(run[-1])
    return [point for i, point in enumerate(out) if i == 0 or point != out[i - 1]]


def lathe(profile: Sequence[Point | None], material: Material, segments: int = 128, steps: int = 10) -> Any:
    """Turn a profile of (radius, height) round the z axis."""
    line = curve(profile, steps)
    verts = [
        (r * math.cos(2 * math.pi * k / segments), r * math.sin(2 * math.pi * k / segments), z)
        for r, z in line
        for k in range(segments)
    ]
    faces = [
        (
            i * segments + k,
            i * segments + (k + 1) % segments,
            (i + 1) * segments + (k + 1) % segments,
            (i + 1) * segments + k,
        )
        for i in range(len(line) - 1)
        for k in range(segments)
    ]
    return add(verts, faces, material)


def vessel(outside: Sequence[Point | None], material: Material, wall: float = 0.06, floor: float = 0.1) -> Any:
    """An open vessel: its outside from the foot to the lip, and an inside `wall` thinner."""
    line = curve([(0.0, outside[0][1] if outside[0] else 0.0), None, *outside])
    lip_r, lip_z = line[-1]
    inside = [(r - wall, z) for r, z in reversed(line) if z > line[0][1] + floor and r > wall]
    lip = [
        (lip_r - wall * 0.15, lip_z + wall * 0.35),
        (lip_r - wall * 0.5, lip_z + wall * 0.48),
        (lip_r - wall * 0.85, lip_z + wall * 0.3),
    ]
    bottom = inside[-1]
    return lathe(
        [p for q in [*line, *lip, *inside, (bottom[0] * 0.6, floor * 0.9), (0.0, floor * 0.85)] for p in (q, None)][
            :-1
        ],
        material,
    )


def liquid(radius: float, height: float, material: Material) -> Any:
    return lathe([(0.0, height), None, (radius, height)], material)


def box(size: Point3, material: Material, bevel: float = 0.03, at: Point3 = (0, 0, 0), turn: Point3 = (0, 0, 0)) -> Any:
    """A box with rounded edges, standing on z = 0 of its own."""
    x, y, z = (s / 2 for s in size)
    verts = [(i * x, j * y, k * z + z) for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    item = add(verts, faces, material)
    if bevel:
        modifier = item.modifiers.new("b", "BEVEL")
        modifier.width, modifier.segments = bevel, 5
    return place(item, at, turn)


def tube(points: Sequence[Point3], radius: float, material: Material, radii: Sequence[float] | None = None) -> Any:
    """A round bar through the points; `radii` are factors along it."""
    line = curve(points, 12)
    data = bpy.data.curves.new("c", "CURVE")
    data.dimensions, data.bevel_depth, data.bevel_resolution, data.use_fill_caps = "3D", radius, 8, True
    spline = data.splines.new("POLY")
    spline.points.add(len(line) - 1)
    for i, (point, target) in enumerate(zip(line, spline.points, strict=True)):
        target.co = (*point, 1)
        if radii:
            position = i / (len(line) - 1) * (len(radii) - 1)
            low = min(int(position), len(radii) - 2)
            target.radius = radii[low] + (radii[low + 1] - radii[low]) * (position - low)
    data.materials.append(material.data)
    item = bpy.data.objects.new("c", data)
    bpy.context.collection.objects.link(item)
    return item


def ball(radius: float, material: Material, at: Point3 = (0, 0, 0), squash: float = 1.0, segments: int = 48) -> Any:
    half = [(radius * math.sin(a), radius * squash * -math.cos(a)) for a in (math.pi * i / 32 for i in range(33))]
    return place(lathe([p for q in half for p in (q, None)][:-1], material, segments), at)


def sheet(width: int, depth: int, point: Callable[[float, float], Point3], material: Material) -> Any:
    """A surface over the unit square."""
    verts = [point(i / width, j / depth) for i in range(width + 1) for j in range(depth + 1)]
    faces = [
        (i * (depth + 1) + j, (i + 1) * (depth + 1) + j, (i + 1) * (depth + 1) + j + 1, i * (depth + 1) + j + 1)
        for i in range(width)
        for j in range(depth)
    ]
    return add(verts, faces, material)


def folded(
    length: float, depth: float, layers: int, thickness: float, material: Material, fringe: Material | None = None
) -> list[Any]:
    """Cloth folded back and forth, seen from the side of its folds; fringes hang over the front."""
    middle: list[Point] = []
    for layer in range(layers):
        z = thickness * (layer + 0.5)
        ends = (-length / 2, length / 2) if layer % 2 == 0 else (length / 2, -length / 2)
        middle += [(ends[0] + (ends[1] - ends[0]) * k / 24, z) for k in range(25)]
        if layer < layers - 1:
            side = 1 if ends[1] > 0 else -1
            middle += [
                (ends[1] + side * thickness / 2 * math.sin(a), z + thickness / 2 * (1 - math.cos(a)))
                for a in (math.pi * k / 9 for k in range(1, 9))
            ]
    rng = random.Random(layers)
    sag = [rng.uniform(-1, 1) for _ in middle]

    def point(u: float, v: float) -> Point3:
        i = min(int(u * (len(middle) - 1) + 0.5), len(middle) - 1)
        x, z = middle[i]
        bulge = 1 - (2 * v - 1) ** 8
        wave = 0.012 * math.sin(3 * x + 5 * v) + 0.004 * sag[i]
        return (
            x * (1 + 0.004 * math.sin(9 * v)),
            (v - 0.5) * depth,
            z * (0.97 + 0.03 * bulge) + wave * z / thickness / layers * 2,
        )

    body = sheet(len(middle) - 1, 60, point, material)
    solid = body.modifiers.new("s", "SOLIDIFY")
    solid.thickness, solid.offset = thickness * 0.86, 0
    round_ = body.modifiers.new("b", "BEVEL")
    round_.width, round_.segments, round_.limit_method = thickness * 0.3, 3, "ANGLE"
    items = [body]
    if fringe:
        for layer in range(layers):
            for k in range(46):
                x = (k / 45 - 0.5) * (length - 0.05) + rng.uniform(-0.012, 0.012)
                z = thickness * (layer + 0.5)
                drop = rng.uniform(0.6, 1.0) * min(z, 0.34)
                y = -depth / 2
                path = [
                    (x, y + 0.05, z),
                    (x, y - 0.08, z - 0.01),
                    (x + rng.uniform(-0.03, 0.03), y - 0.15, z - drop * 0.6),
                    (x + rng.uniform(-0.05, 0.05), y - 0.17 - rng.uniform(0, 0.05), z - drop),
                ]
                items.append(tube(path, 0.016, fringe))
    return items


# --- studio ---------------------------------------------------------------------------------------------------------


def studio(background: str, wall: float = 5.0, sun: float = 3.0, ambient: float = 0.5) -> None:
    """An empty room: floor running up into a wall, morning sun from the left, a soft sky."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    plaster = Material(background, 0.9, specular_ior_level=0.2)
    plaster.bump(plaster.noise(3, detail=8), 0.08, 0.05)
    bend = [
        (wall - 1.2 + 1.2 * math.sin(a), 1.2 - 1.2 * math.cos(a)) for a in (math.pi / 2 * k / 16 for k in range(17))
    ]
    line = [(-30.0, 0.0), *bend, (wall, 30.0)]
    sheet(1, len(line) - 1, lambda u, v: ((u - 0.5) * 80, *line[round(v * (len(line) - 1))]), plaster)
    world = bpy.data.worlds.new("w")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (1.0, 0.96, 0.9, 1)
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = ambient
    bpy.context.scene.world = world
    lamp("SUN", sun, "#fff0dc", turn=(52, 0, -58), angle=math.radians(5))
    lamp("AREA", 220, "#fff6ea", at=(-5, -3.5, 6.5), turn=(48, 0, -52), size=4.0)
    lamp("AREA", 60, "#eaf0ff", at=(6, -3, 3), turn=(65, 0, 62), size=5.0)


def lamp(
    kind: str, energy: float, color: str, at: Point3 = (0, 0, 0), turn: Point3 = (0, 0, 0), **settings: Any
) -> Any:
    data = bpy.data.lights.new("l", kind)
    data.energy, data.color = energy, rgb(color)
    for name, value in settings.items():
        setattr(data, name, value)
    item = bpy.data.objects.new("l", data)
    bpy.context.collection.objects.link(item)
    return place(item, at, turn)


def camera(target: Point3, width: float, elevation: float = 14, azimuth: float = 0, lens: float = 85) -> None:
    """Look at a point so that `width` fills the picture there."""
    data = bpy.data.cameras.new("k")
    data.lens = lens
    item = bpy.data.objects.new("k", data)
    bpy.context.collection.objects.link(item)
    distance = width * lens / 36
    up, round_ = math.radians(elevation), math.radians(azimuth)
    way = Vector((math.sin(round_) * math.cos(up), -math.cos(round_) * math.cos(up), math.sin(up)))
    item.location = Vector(target) + way * distance
    item.rotation_euler = (-way).to_track_quat("-Z", "Y").to_euler()
    data.dof.use_dof, data.dof.focus_distance, data.dof.aperture_fstop = True, distance, 4.0
    bpy.context.scene.camera = item


def render(path: Path, width: int, height: int, samples: int) -> None:
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = samples, True
    scene.cycles.adaptive_threshold, scene.cycles.adaptive_min_samples = 0.08, 6
    scene.cycles.sample_clamp_indirect = 6
    scene.cycles.max_bounces, scene.cycles.transmission_bounces = 7, 7
    scene.render.resolution_x, scene.render.resolution_y = width, height
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    scene.view_settings.exposure = 0.15
    scene.render.image_settings.file_format = "PNG"
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


# Profiles are read as curves, not as columns.
# fmt: off
# --- things ---------------------------------------------------------------------------------------------------------


def jar(material: Material, scale: float = 1.0) -> Any:
    profile = [(0.44, 0.0), (0.47, 0.06), (0.7, 0.3), (0.98, 0.75), (1.06, 1.12), (0.98, 1.5), (0.72, 1.86),
        (0.5, 2.02), (0.47, 2.1), (0.5, 2.2)]
    item = vessel(profile, material, wall=0.07)
    for vertex in item.data.vertices:  # thrown in two halves, each a little uneven
        x, y, z = vertex.co
        lean = 0.025 * math.sin(z * 1.4)
        swell = 1 + 0.012 * math.sin(2 * math.atan2(y, x) + z) + 0.006 * math.exp(-(((z - 1.1) / 0.05) ** 2))
        vertex.co = (x * swell + lean, y * swell, z)
    return place(item, scale=scale)


def branch(start: Point3, tip: Point3, seed: int, blossoms: int = 26) -> list[Any]:
    """A dry plum branch with a few early blossoms."""
    rng = random.Random(seed)
    bark, petal, heart = (clay("#5a4335", "#35261d"), Material("#f3dfd8", 0.6, subsurface_weight=0.3),
        Material("#c9865a", 0.7))
    items: list[Any] = []
    twigs: list[tuple[Any, float]] = []

    def grow(a: Vector, b: Vector, thick: float, depth: int) -> None:
        side = Vector((rng.uniform(-1, 1), rng.uniform(-1, 1), rng.uniform(-0.4, 0.4))) * (b - a).length * 0.1
        points = [tuple(a + (b - a) * t + side * math.sin(math.pi * t) * (1 if i % 2 else -0.7)) for i,
            t in enumerate((0, 0.3, 0.55, 0.8, 1))]
        items.append(tube(points, thick, bark, (1, 0.85, 0.7, 0.5, 0.25)))
        twigs.extend((Vector(p), thick) for p in curve(points, 6)[8:])
        for t in (0.35, 0.55, 0.75) if depth else ():
            c = a + (b - a) * t
            way = (b - a).normalized() * 0.7 + Vector((rng.uniform(-0.8, 0.8), rng.uniform(-0.5, 0.5),
                rng.uniform(-0.1, 0.6)))
            grow(c, c + way * (b - a).length * 0.38 * (1.2 - t), thick * 0.5, depth - 1)

    grow(Vector(start), Vector(tip), 0.035, 2)
    for _ in range(blossoms):
        at, _thick = rng.choice(twigs)
        turn = Euler([rng.uniform(0, 6.3) for _ in range(3)])
        size = rng.uniform(0.045, 0.075)
        for k in range(5):
            way = Vector((math.cos(k * 1.2566), math.sin(k * 1.2566), 0.35)) * size
            way.rotate(turn)
            items.append(ball(size * 0.72, petal, tuple(at + way), squash=0.55, segments=16))
        items.append(ball(size * 0.3, heart, tuple(at), segments=12))
    return items


def cup(material: Material, at: Point3 = (0, 0, 0), tea: bool = False) -> None:
    place(vessel([(0.2, 0.0), (0.215, 0.06), None, (0.26, 0.1), (0.37, 0.24), (0.4, 0.42),
        (0.405, 0.58)], material, 0.035, 0.1), at)
    if tea:
        place(liquid(0.365, 0.47, Material("#a8862f", 0.02, transmission_weight=0.5)), at)


def celadon() -> Material:
    return glaze("#a9c4b2", "#86a896", 0.12)


def teapot_onggi() -> None:
    glazed = glaze("#5b3a29", "#3a241a", 0.3)
    lathe([(0.0, 0.0), None, (0.5, 0.0), (0.56, 0.04), (0.78, 0.3), (0.83, 0.55), (0.7, 0.82), (0.42, 0.95),
        (0.36, 0.97)], glazed)
    lathe([(0.4, 0.965), None, (0.41, 0.99), (0.3, 1.06), (0.12, 1.1), (0.07, 1.13), (0.06, 1.16), (0.11, 1.21),
        (0.1, 1.27), (0.0, 1.29)], glazed)
    tube([(0.6, 0, 0.42), (0.92, 0, 0.52), (1.06, 0, 0.76), (1.22, 0, 0.92)], 0.17, glazed, (1.15, 0.85, 0.6, 0.5))
    tube([(1.2, 0, 0.905), (1.235, 0, 0.93)], 0.06, Material("#1d120c", 1))
    bamboo = wood("#b98e57", "#8c6536", 0)
    tube([(-0.62, 0, 0.86), (-0.66, 0, 1.2), (-0.4, 0, 1.62), (0.0, 0, 1.76), (0.4, 0, 1.62), (0.66, 0, 1.2),
        (0.62, 0, 0.86)], 0.055, bamboo)
    for side in (-1, 1):
        tube([(side * 0.62, -0.07, 0.83), (side * 0.64, 0, 0.93), (side * 0.62, 0.07, 0.83)], 0.05, glazed)


# --- products: each builds its scene and aims the camera ------------------------------------------------------------


def moon_jar() -> None:
    studio(SAND)
    jar(glaze("#f2efe8", "#e6e1d6", 0.2))
    branch((0.05, 0, 1.0), (1.25, -0.1, 3.75), 7)
    camera((0.18, 0, 1.72), 4.7, 8)


def table_lamp() -> None:
    studio("#b08d72", sun=0.7, ambient=0.32)
    shade = Material("#d9582f", 0.42, coat_weight=0.2)
    inside = Material("#fff1dc", 0.6)
    outer = lathe([(1.3, 2.15), (1.27, 2.42), (1.06, 2.86), (0.68, 3.14), (0.25, 3.25), (0.0, 3.26)], shade)
    lathe([(1.3, 2.15), None, (1.25, 2.16), (1.22, 2.42), (1.02, 2.8), (0.66, 3.07), (0.0, 3.2)], inside)
    outer.data.flip_normals()
    lathe([(0.0, 0.0), None, (0.72, 0.0), None, (0.74, 0.03), (0.74, 0.16), (0.7, 0.2), None, (0.0, 0.2)], beech(0))
    tube([(0, 0, 0.2), (0, 0, 1.4), (0, 0, 2.9)], 0.075, Material("#d9582f", 0.4))
    ball(0.28, light_source("#ffd7a0", 24), (0, 0, 2.42))
    lamp("POINT", 42, "#ffcf94", (0, 0, 2.2), shadow_soft_size=0.4)
    camera((0, 0, 1.72), 4.6, 5)


def celadon_cups() -> None:
    studio(SAGE)
    cup(celadon(), (-0.46, 0.1, 0), tea=True)
    cup(celadon(), (0.5, -0.15, 0))
    camera((0.02, 0, 0.27), 2.25, 24)


def soban() -> None:
    studio(BLUSH)
    top = walnut(0)
    lathe([(0.0, 2.36), None, (1.82, 2.36), (1.9, 2.4), (1.93, 2.56), (1.9, 2.6), (1.84, 2.57), (1.78, 2.48),
        None, (0.0, 2.47)], top)
    lathe([(1.3, 2.16), None, (1.3, 2.36), None, (1.22, 2.36), None, (1.22, 2.16), None, (1.3, 2.16)], walnut(0))
    leg = walnut(2)
    for k in range(4):
        a = math.pi / 4 + k * math.pi / 2
        c, s = math.cos(a), math.sin(a)
        path = [(1.2, 2.3), (1.42, 2.05), (1.4, 1.6), (1.22, 0.9), (1.2, 0.35), (1.42, 0.05)]
        tube([(r * c, r * s, z) for r, z in path], 0.13, leg, (1.15, 1.1, 0.85, 0.66, 0.7, 0.9))
    for height in (0.55,):
        ring = [(1.2 * math.cos(a), 1.2 * math.sin(a),
            height) for a in (math.pi / 4 + math.pi / 2 * k for k in range(5))]
        for start, end in itertools.pairwise(ring):
            tube([start, end], 0.065, walnut(0))
    cup(celadon(), (0.55, -0.25, 2.47), tea=True)
    camera((0, 0, 1.42), 5.2, 17)


def stoneware_mug() -> None:
    studio(MIST)
    body = [(0.36, 0.0), (0.4, 0.03), (0.43, 0.1), (0.445, 0.3), (0.45, 0.6), (0.45, 0.9)]
    vessel(body, glaze("#d8c4a3", "#c8ae88", 0.5, speckle="#7a5c3d"), 0.04, 0.08)
    lathe([(0.0, -0.001), None, (0.362, -0.001), (0.404, 0.03), (0.4345, 0.1), (0.4485, 0.26),
        (0.449, 0.27)], clay("#a06f4c", "#7f5236"))
    tube([(0.42, 0, 0.78), (0.62, 0, 0.8), (0.77, 0, 0.62), (0.72, 0, 0.36), (0.56, 0, 0.24),
        (0.42, 0, 0.26)], 0.065, glaze("#d8c4a3", "#c8ae88", 0.5, speckle="#7a5c3d"), (1.2, 1, 0.95, 0.95, 1, 1.1))
    liquid(0.4, 0.78, Material("#2b1509", 0.08, coat_weight=0.6))
    camera((0.12, 0, 0.42), 1.95, 22, azimuth=-12)


def throw() -> None:
    studio(BLUSH)
    wool = cloth("#c9cfc0", "#aeb6a3", 20, 0.9)
    for item in folded(3.0, 2.3, 5, 0.26, wool, cloth("#d9dccf", "#bfc4b2", 40)):
        item.rotation_euler = (0, 0, math.radians(-24))
    camera((0, 0, 0.55), 4.7, 24)


def cutting_board() -> None:
    studio(SAGE, wall=1.2)
    board = box((2.15, 0.22, 3.5), oak(2), 0.1, at=(-0.15, 0.35, 0), turn=(-10, 0, 4))
    hole = lathe([(0.16, -1.0), None, (0.16, 1.0)], oak(2))
    place(hole, (-0.1, 0.5, 3.1), (90, 0, 0))
    hole.hide_render = True
    cut = board.modifiers.new("h", "BOOLEAN")
    cut.object, cut.operation = hole, "DIFFERENCE"
    for mesh_hole in (hole.data,):
        n = len(mesh_hole.vertices)
        faces = [list(p.vertices) for p in mesh_hole.polygons] + [list(range(128)), list(range(n - 128, n))]
        verts = [tuple(v.co) for v in mesh_hole.vertices]
        mesh_hole.clear_geometry()
        mesh_hole.from_pydata(verts, [], faces)
    tube([(-0.02, 0.42, 3.02), (0.08, 0.18, 3.3), (-0.06, 0.6, 3.66), (-0.26, 0.62, 3.34),
        (-0.14, 0.66, 3.02)], 0.03, Material("#6b3f22", 0.7))
    rind = Material("#e7b52c", 0.45)
    rind.bump(rind.noise(30, detail=1), 0.35, 0.01)
    for at, turn in (((1.15, -0.5, 0.3), (0, 70, 20)), ((0.55, -1.05, 0.3), (0, 85, 120))):
        lemon = lathe([(0.0, -0.45), (0.06, -0.4), (0.2, -0.28), (0.32, 0.0), (0.22, 0.26), (0.07, 0.37),
            (0.05, 0.42), (0.0, 0.43)], rind)
        place(lemon, at, turn)
    camera((0.15, 0, 1.8), 4.9, 9)


def hanji_lamp() -> None:
    studio("#8f8a80", sun=0.35, ambient=0.28)
    frame = oak(2)
    for x in (-0.78, 0.78):
        for y in (-0.78, 0.78):
            box((0.1, 0.1, 2.7), frame, 0.015, (x, y, 0))
    for z in (0.14, 0.98, 1.82, 2.58):
        for side in (-0.78, 0.78):
            box((1.6, 0.06, 0.06), oak(0), 0.01, (0, side, z))
            box((0.06, 1.6, 0.06), oak(1), 0.01, (side, 0, z))
    for x in (-0.26, 0.26):
        for y in (-0.79, 0.79):
            box((0.035, 0.03, 2.5), frame, 0.005, (x, y, 0.14))
            box((0.03, 0.035, 2.5), frame, 0.005, (y, x, 0.14))
    paper = Material("#fff3dc", 0.9)
    fibres = paper.ramp(paper.noise(14, (1, 1, 0.5), 12, 2.5), (0.35, "#e2c291"), (0.62, "#fff4e0"))
    through, mix = paper.node("BsdfTranslucent"), paper.node("MixShader", Fac=0.72)
    paper.links.new(fibres, through.inputs["Color"])
    paper.links.new(paper.bsdf.outputs["BSDF"], mix.inputs[1])
    paper.links.new(through.outputs["BSDF"], mix.inputs[2])
    paper.links.new(mix.outputs["Shader"], paper.nodes["Material Output"].inputs["Surface"])
    corners = [(-0.73, -0.73), (0.73, -0.73), (0.73, 0.73), (-0.73, 0.73), (-0.73, -0.73)]
    for (x1, y1), (x2, y2) in itertools.pairwise(corners):
        add([(x1, y1, 0.15), (x2, y2, 0.15), (x2, y2, 2.62), (x1, y1, 2.62)], [(0, 1, 2, 3)], paper)
    lamp("POINT", 150, "#ffc983", (0, 0, 1.15), shadow_soft_size=0.35)
    camera((0, 0, 1.3), 4.2, 10, azimuth=24)


def teapot() -> None:
    studio(SAND)
    teapot_onggi()
    camera((0.12, 0, 0.78), 3.1, 15, azimuth=-10)


def rice_bowls() -> None:
    studio(SAGE)
    white = glaze("#f4f2ec", "#e9e5dc", 0.16)
    profile = [(0.3, 0.0), (0.31, 0.13), None, (0.4, 0.17), (0.62, 0.36), (0.7, 0.62), (0.72, 0.72)]
    place(vessel(profile, white, 0.04, 0.17), (0.85, 0.3, 0), scale=1.12)
    place(lathe([(0.74, 0.74), (0.72, 0.8), (0.5, 0.95), (0.27, 1.02), (0.24, 1.05), None, (0.26, 1.12),
        (0.24, 1.13), (0.0, 1.11)], white), (0.85, 0.3, 0.02), scale=1.12)
    place(vessel(profile, white, 0.04, 0.17), (-0.72, -0.2, 0), scale=0.98)
    rng, rice = random.Random(4), Material("#fbf8ef", 0.35, subsurface_weight=0.4)
    place(ball(0.66, rice, squash=0.36), (-0.72, -0.2, 0.6))
    grain = ball(0.036, rice, squash=2.0, segments=12)
    grain.hide_render = True
    for _ in range(1500):
        a, r = rng.uniform(0, 2 * math.pi), 0.645 * math.sqrt(rng.random())
        z = 0.6 + 0.36 * math.sqrt(max(0.66**2 - r**2, 0))
        item = bpy.data.objects.new("g", grain.data)
        bpy.context.collection.objects.link(item)
        place(item, (-0.72 + r * math.cos(a), -0.2 + r * math.sin(a), z + rng.uniform(0, 0.03)),
            (rng.uniform(50, 130), 0, rng.uniform(0, 360)))
    camera((0.1, 0, 0.45), 3.5, 22)


def brass_cutlery() -> None:
    studio(MIST)
    brass = metal("#d9ad55", 0.22, 0.25)
    for item in folded(1.7, 3.3, 3, 0.07, cloth("#e9e2d4", "#d6ccb9", 70, 0.35)):
        item.rotation_euler = (0, 0, math.radians(-14))
    items = []

    def bowl(u: float, v: float) -> Point3:
        a, r = 2 * math.pi * u, v
        x, y = 0.25 * r * math.cos(a), 0.33 * r * math.sin(a)
        return x, 1.15 + y, 0.075 * (r * r - 1) + 0.06

    spoon = sheet(64, 24, bowl, brass)
    spoon.modifiers.new("s", "SOLIDIFY").thickness = 0.022
    handle = tube([(0, 0.84, 0.055), (0, 0.55, 0.1), (0, -0.2, 0.12),
        (0, -1.35, 0.06)], 0.05, brass, (0.75, 0.62, 0.7, 1.1))
    items += [spoon, handle, ball(0.075, brass, (0, -1.36, 0.06), 0.6)]
    for x in (0.42, 0.6):
        items.append(tube([(x, 1.35, 0.05), (x + 0.02, 0, 0.06),
            (x + 0.04, -1.35, 0.065)], 0.05, brass, (0.45, 0.75, 1.0)))
    pivot = bpy.data.objects.new("p", None)
    bpy.context.collection.objects.link(pivot)
    for item in items:
        item.parent = pivot
    place(pivot, (-0.28, 0, 0.22), (0, 0, -14))
    camera((0.0, 0.0, 0.15), 3.6, 52)


def plates() -> None:
    studio(SAND)
    for radius, at, material in ((1.3, (0, 0, 0), glaze("#e9e1d0", "#d9cdb5", 0.42, speckle="#8c7355")),
        (1.0, (0.06, -0.04, 0.13), glaze("#7e8f86", "#64766e", 0.35)), (0.7, (-0.05, 0.02, 0.26),
        glaze("#b4673f", "#97502e", 0.4))):
        r = radius
        place(lathe([(0.0, 0.0), None, (0.62 * r, 0.0), None, (0.64 * r, 0.05), (0.86 * r, 0.08), (0.98 * r, 0.17),
            (r, 0.21), (0.985 * r, 0.225), (0.95 * r, 0.2), (0.84 * r, 0.12), (0.6 * r, 0.09),
            (0.0, 0.09)], material), at)
    camera((0, 0, 0.14), 3.3, 38)


def carafe() -> None:
    studio("#98aaad")
    clear, water = glass(), glass("#f4fbfb", 1.33)
    body = [(0.46, 0.0), (0.53, 0.05), (0.56, 0.3), (0.55, 1.0), (0.42, 1.45), (0.25, 1.72), (0.21, 1.95),
        (0.25, 2.25), (0.28, 2.32)]
    vessel(body, clear, 0.04, 0.14)
    lathe([(0.0, 0.15), None, (0.47, 0.15), (0.512, 0.25), (0.514, 0.5), (0.508, 1.0), (0.47, 1.2),
        None, (0.0, 1.2)], water)
    for at, full in (((-1.0, -0.35, 0), True), ((0.98, -0.5, 0), False)):
        place(vessel([(0.3, 0.0), (0.34, 0.03), (0.36, 0.2), (0.39, 0.8)], clear, 0.03, 0.12), at)
        if full:
            place(lathe([(0.0, 0.125), None, (0.315, 0.125), (0.327, 0.2), (0.342, 0.5), None, (0.0, 0.5)], water),
                at)
    camera((0, 0, 1.05), 3.7, 10)


def rice_pot() -> None:
    studio("#c4b29b")
    iron = Material("#24221f", 0.52, metallic=0.35, specular_ior_level=0.4)
    iron.bump(iron.noise(38, detail=5), 0.28, 0.015)
    lathe([(0.0, 0.12), None, (0.5, 0.12), (0.85, 0.3), (1.04, 0.7), (1.05, 1.0), (1.03, 1.16), (1.14, 1.2),
        (1.16, 1.24), (1.12, 1.27), (1.02, 1.27)], iron)
    for k in range(3):
        a = math.pi / 2 + k * 2.0944
        tube([(0.62 * math.cos(a), 0.62 * math.sin(a), 0.22), (0.66 * math.cos(a), 0.66 * math.sin(a),
            0.0)], 0.09, iron)
    for side in (-1, 1):
        tube([(side * 1.02, -0.28, 0.95), (side * 1.32, -0.22, 1.0), (side * 1.36, 0, 1.01),
            (side * 1.32, 0.22, 1.0), (side * 1.02, 0.28, 0.95)], 0.07, iron)
    lid = wood("#b5814f", "#8d5b33", 0)
    lathe([(0.0, 1.27), None, (1.1, 1.27), (1.13, 1.31), (1.1, 1.38), None, (0.0, 1.4)], lid)
    box((1.5, 0.2, 0.2), wood("#a87243", "#7e4f2b", 0), 0.04, (0, 0, 1.39))
    camera((0, 0, 0.72), 3.6, 17, azimuth=20)


def dripper() -> None:
    studio(BLUSH)
    white, clear = glaze("#f5f3ee", "#ebe7df", 0.18), glass()
    vessel([(0.52, 0.0), (0.6, 0.04), (0.66, 0.3), (0.62, 0.7), (0.46, 1.0), (0.4, 1.1),
        (0.42, 1.2)], clear, 0.035, 0.09)
    coffee = Material("#2a1206", 0.05, coat_weight=1.0)
    lathe([(0.0, 0.1), None, (0.55, 0.1), (0.61, 0.2), (0.618, 0.34), (0.615, 0.46), None, (0.0, 0.46)], coffee)
    lathe([(0.0, 1.24), None, (0.62, 1.24), (0.64, 1.27), (0.62, 1.3), (0.3, 1.33), (0.26, 1.42), (0.36, 1.6),
        (0.68, 2.18), (0.7, 2.24), (0.67, 2.26), (0.64, 2.22), (0.3, 1.6), (0.16, 1.44), (0.0, 1.42)], white)
    tube([(0.5, 0, 1.86), (0.86, 0, 1.95), (0.98, 0, 1.74), (0.8, 0, 1.5), (0.36, 0, 1.52)], 0.055, white)
    tube([(0.6, 0, 0.72), (0.9, 0, 0.82), (0.98, 0, 0.5), (0.82, 0, 0.24), (0.63, 0, 0.24)], 0.05, clear)
    paper = Material("#e7d3b0", 0.9)
    lathe([(0.2, 1.5), (0.34, 1.68), (0.63, 2.2), (0.68, 2.36)], paper)
    grounds = clay("#3a2013", "#1f0f07")
    lathe([(0.0, 1.96), None, (0.25, 1.98), (0.515, 2.04)], grounds)
    camera((0.14, 0, 1.16), 3.5, 13, azimuth=-14)


def pepper_mill() -> None:
    studio(SAGE)
    lathe([(0.0, 0.0), None, (0.36, 0.0), (0.38, 0.05), (0.36, 0.16), (0.27, 0.5), (0.24, 0.8), (0.3, 1.12),
        (0.33, 1.26), (0.3, 1.32)], beech())
    lathe([(0.3, 1.34), (0.33, 1.4), (0.34, 1.52), (0.29, 1.72), (0.2, 1.84), (0.1, 1.88), (0.0, 1.88)], beech())
    lathe([(0.27, 1.3), None, (0.27, 1.36)], metal("#b9b4aa", 0.3))
    lathe([(0.05, 1.86), None, (0.05, 1.93), None, (0.1, 1.95), (0.11, 2.0), (0.07, 2.06),
        (0.0, 2.07)], metal("#c7a55c", 0.25))
    rng, corn = random.Random(11), clay("#2c221b", "#120d0a")
    for _ in range(46):
        a, r = rng.gauss(-0.5, 0.7), abs(rng.gauss(0.85, 0.3)) + 0.15
        size = rng.uniform(0.032, 0.043)
        ball(size, corn, (r * math.cos(a), r * math.sin(a) - 0.1, size), segments=20)
    camera((0.12, 0, 0.98), 3.1, 13)


def salad_bowl() -> None:
    studio("#cbbfa9")
    vessel([(0.62, 0.0), (0.68, 0.03), (1.0, 0.22), (1.3, 0.6), (1.4, 0.98)], walnut(0), 0.09, 0.16)
    skin = Material("#d9661f", 0.3, subsurface_weight=0.15, coat_weight=0.2)
    skin.ramp(skin.noise(2.2, detail=3), (0.3, "#c9501a"), (0.7, "#e58a2e"))
    leaf = clay("#6b6a3c", "#4c4a28")
    for x, y, z, tilt, turn in ((-0.55, 0.12, 0.78, -16, 30), (0.42, 0.38, 0.8, 12, 80), (0.28, -0.52, 0.8, 20, 10),
        (-0.08, 0.05, 1.2, 8, 50)):
        body = lathe([(0.0, -0.38), (0.3, -0.36), (0.52, -0.12), (0.54, 0.1), (0.36, 0.32), (0.12, 0.37),
            (0.0, 0.34)], skin)
        place(body, (x, y, z), (tilt, tilt / 2, turn))
        for k in range(4):
            petal = sheet(10, 6, lambda u, v: ((u * 0.34), (v - 0.5) * 0.26 * math.sin(math.pi * min(u + 0.15, 1)),
                0.4 - 0.12 * u * u + 0.03 * u * (2 * v - 1) ** 2), leaf)
            holder = place(petal, (0, 0, 0), (0, 0, 45 + 90 * k))
            holder.parent = body
        stem = tube([(0, 0, 0.36), (0.02, 0.01, 0.5)], 0.03, leaf)
        stem.parent = body
    camera((0, 0, 0.62), 3.7, 25)


def tea_towels() -> None:
    studio(CREAM)
    z = 0.0
    for layers, turn, color, dark in ((4, 8, "#6f8076", "#596a60"), (4, 3, "#e3d9c6", "#cdbfa5"),
        (4, 11, "#b5603f", "#964a2d")):
        for item in folded(2.3, 1.9, layers, 0.105, cloth(color, dark, 64, 0.5)):
            place(item, (0, 0, z), (0, 0, -26 + turn))
        z += layers * 0.105 + 0.015
    camera((0, 0, 0.55), 3.8, 24)


def wrap_round(arc: Sequence[float], radius: float, low: float, high: float, material: Material) -> None:
    """Paper round a glass: an arc of angles, seen from the front."""
    sheet(len(arc) - 1, 1, lambda u, v: (radius * math.sin(arc[round(u * (len(arc) - 1))]),
        -radius * math.cos(arc[round(u * (len(arc) - 1))]), low + (high - low) * v), material)


def candle() -> None:
    studio("#a3917c", sun=1.0, ambient=0.42)
    vessel([(0.36, 0.0), (0.4, 0.03), (0.41, 0.1), (0.41, 0.92)], glass("#f7efe2"), 0.03, 0.09)
    wax = Material("#f3e4c6", 0.5, subsurface_weight=0.8, subsurface_radius=(0.3, 0.16, 0.06),
        emission_color=(1, 0.62, 0.25, 1), emission_strength=0.05)
    lathe([(0.0, 0.095), None, (0.372, 0.095), None, (0.376, 0.64), (0.33, 0.625), (0.0, 0.62)], wax)
    tube([(0, 0, 0.6), (0.01, 0, 0.72)], 0.012, Material("#1c1510", 1))
    lathe([(0.0, 0.69), (0.045, 0.75), (0.052, 0.81), (0.03, 0.92), (0.0, 1.03)], light_source("#ffb45e", 30))
    lamp("POINT", 9, "#ffae5c", (0, 0, 0.84), shadow_soft_size=0.06)
    for material, degrees, radius, low, high in ((Material("#f6f1e6", 0.8), 48, 0.416, 0.2, 0.56),
        *((Material("#2f4a40", 0.8), wide, 0.418, z, z + tall) for wide, z, tall in ((30, 0.43, 0.025),
            (18, 0.345, 0.01), (18, 0.3, 0.01)))):
        arc = [math.radians(degrees * (k / 8 - 1)) for k in range(17)]
        wrap_round(arc, radius, low, high, material)
    needle = Material("#4f6b4c", 0.6)
    rng = random.Random(5)
    for k in range(46):
        x, y, a = rng.gauss(0.78, 0.2), rng.gauss(-0.22, 0.16), rng.uniform(-0.5, 0.9)
        tube([(x, y, 0.02), (x + 0.22 * math.cos(a), y + 0.22 * math.sin(a), 0.03 + 0.03 * (k % 3))], 0.008, needle)
    camera((0.13, 0, 0.45), 2.0, 15)


def cushion() -> None:
    studio(SAND, wall=2.2)
    cotton = cloth("#c4764f", "#a95f3b", 90, 0.25)

    def face(side: int) -> Callable[[float, float], Point3]:
        def point(u: float, v: float) -> Point3:
            x, y = 2 * u - 1, 2 * v - 1
            height = ((1 - abs(x) ** 2.6) * (1 - abs(y) ** 2.6)) ** 0.55
            quilt = 0.035 * abs(math.sin(u * math.pi * 11)) ** 0.5 * height
            pull = 1 - 0.07 * (1 - abs(x)) * abs(y) ** 4 - 0.07 * (1 - abs(y)) * abs(x) ** 4
            return 1.55 * x * pull, 1.55 * y * pull, side * (0.5 * height + quilt)

        return point

    pivot = bpy.data.objects.new("p", None)
    bpy.context.collection.objects.link(pivot)
    for side in (-1, 1):
        sheet(220, 80, face(side), cotton).parent = pivot
    place(pivot, (0, 0.75, 1.48), (68, 0, -16))
    camera((0, 0, 1.45), 4.5, 12)


def planter() -> None:
    studio("#cfc7b4")
    pot = clay("#c1714a", "#a65b38")
    lathe([(0.0, 0.0), None, (0.98, 0.0), (1.02, 0.03), (1.04, 0.16), (1.0, 0.18), (0.9, 0.12),
        None, (0.0, 0.1)], pot)
    place(vessel([(0.66, 0.0), (0.68, 0.02), (0.9, 1.2), (0.92, 1.3), None, (1.0, 1.32), (1.02, 1.5),
        (1.0, 1.62)], pot, 0.09, 0.1), (0, 0, 0.1))
    place(liquid(0.92, 1.5, clay("#3a2a1f", "#1e150f")), (0, 0, 0.08))
    green = Material("#3f6a45", 0.4, coat_weight=0.15)
    green.ramp(green.noise(3.2, (1.5, 1.5, 7), 5, 1.2), (0.38, "#27492f"), (0.5, "#5d8a5c"), (0.62, "#31583a"))
    edge = Material("#c9c07a", 0.45)
    rng = random.Random(3)
    for k in range(11):
        turn, lean, tall = k * 2.4, rng.uniform(0.05, 0.34), rng.uniform(2.0, 3.5) if k else 3.7
        base = 0.1 + 0.04 * k

        def leaf(u: float, v: float, grow: float = 1.0, tall: float = tall, lean: float = lean, turn: float = turn,
            base: float = base) -> Point3:
            width = 0.24 * grow * math.sin(math.pi * min(0.12 + 0.88 * v, 1)) ** 0.6 * (1 - v**5)
            side = (2 * u - 1) * width
            twist = turn + 0.9 * v
            bend = base + lean * tall * v * v * 0.6
            cup_ = 0.28 * (2 * u - 1) ** 2 * width
            x = bend * math.cos(turn) + cup_ * math.cos(twist) - side * math.sin(twist)
            y = bend * math.sin(turn) + cup_ * math.sin(twist) + side * math.cos(twist)
            return x, y, 1.5 + tall * v

        sheet(10, 40, leaf, green).modifiers.new("s", "SOLIDIFY").thickness = 0.03
        for u in (0.0, 1.0):
            tube([leaf(u, v / 8) for v in range(9)], 0.017, edge)
    camera((0, 0, 2.55), 6.6, 7)


def notebooks() -> None:
    studio(MIST)
    paper = Material("#efe6d2", 0.9)
    paper.bump(paper.noise(4, (1, 1, 60), 2), 0.5, 0.01)
    z = 0.0
    for color, turn in (("#2f4a40", -20), ("#c08a3e", -12), ("#8d3f2b", -27)):
        cover = cloth(color, color, 120, 0.25)
        pivot = bpy.data.objects.new("p", None)
        bpy.context.collection.objects.link(pivot)
        for item in (box((1.48, 2.1, 0.03), cover, 0.012, (0, 0, 0)), box((1.43, 2.05, 0.15),
            paper, 0.004, (0.015, 0, 0.03)), box((1.48, 2.1, 0.03), cover, 0.012, (0, 0, 0.18)),
            box((0.03, 2.1, 0.21), cover, 0.012, (-0.735, 0, 0))):
            item.parent = pivot
        place(pivot, (0, 0, z), (0, 0, turn))
        z += 0.215
    band = Material("#f3ead8", 0.8)
    pivot = bpy.data.objects.new("p", None)
    bpy.context.collection.objects.link(pivot)
    box((0.62, 0.42, 0.006), band, 0, (0.05, 0.4, 0.0)).parent = pivot
    for k, width in enumerate((0.36, 0.24)):
        box((width, 0.018, 0.008), Material("#5a4a3a", 0.8), 0, (0.05, 0.44 - 0.09 * k, 0.001)).parent = pivot
    place(pivot, (0, 0, z - 0.004), (0, 0, -27))
    pencil = bpy.data.objects.new("p", None)
    bpy.context.collection.objects.link(pencil)
    for item in (tube([(0, -0.75, 0), (0, 0.6, 0)], 0.042, Material("#26352f", 0.35)), tube([(0, 0.6, 0),
        (0, 0.76, 0)], 0.042, beech(1), (1, 0.25)), tube([(0, 0.755, 0),
        (0, 0.8, 0)], 0.0105, Material("#222222", 0.5), (1, 0.2))):
        item.parent = pencil
    place(pencil, (1.22, -0.35, 0.042), (0, 0, 24))
    camera((0.1, 0, 0.25), 3.4, 36)


def desk_clock() -> None:
    studio(BLUSH)
    pivot = bpy.data.objects.new("p", None)
    bpy.context.collection.objects.link(pivot)
    ink = Material("#2a2723", 0.5)
    parts = [lathe([(0.0, -0.25), None, (0.66, -0.25), (0.7, -0.21), (0.7, 0.2), (0.68, 0.24), (0.62, 0.25),
        None, (0.62, 0.19)], beech(0)), lathe([(0.0, 0.19), None, (0.63, 0.19)], Material("#f5efe2", 0.7)),
        lathe([(0.0, 0.235), None, (0.04, 0.235), None, (0.04, 0.2)], metal("#c7a55c", 0.25))]
    for k in range(12):
        a = math.radians(30 * k)
        long = 0.13 if k % 3 == 0 else 0.07
        parts.append(box((0.022, long, 0.006), ink, 0, (math.sin(a) * (0.56 - long / 2),
            math.cos(a) * (0.56 - long / 2), 0.19), (0, 0, -30 * k)))
    for angle, length, width, z in ((-52, 0.32, 0.036, 0.2), (52, 0.46, 0.026, 0.212)):
        a = math.radians(angle)
        parts.append(box((width, length, 0.008), ink, 0.002, (math.sin(a) * length * 0.4, math.cos(a) * length * 0.4,
            z), (0, 0, -angle)))
    parts.append(box((0.009, 0.62, 0.006), Material("#b8482a", 0.5),
        0, (math.sin(2.6) * 0.2, math.cos(2.6) * 0.2, 0.224), (0, 0, -math.degrees(2.6))))
    for part in parts:
        part.parent = pivot
    place(pivot, (0, 0, 0.82), (84, 0, -14))
    box((0.9, 0.5, 0.16), beech(0), 0.03, (0, 0, 0), (0, 0, -14))
    camera((0, 0, 0.74), 2.35, 9)


def incense() -> None:
    studio("#8d8478", sun=1.6, ambient=0.4)
    brass = metal("#cda351", 0.3, 0.15)
    lathe([(0.0, 0.0), None, (0.42, 0.0), (0.5, 0.03), (0.66, 0.16), (0.69, 0.22), (0.66, 0.225), (0.56, 0.13),
        (0.42, 0.09), (0.1, 0.08), (0.075, 0.13), (0.0, 0.14)], brass)
    tube([(0, 0, 0.12), (0.06, 0, 0.8), (0.13, 0, 1.5)], 0.017, clay("#6d5136", "#4b3622"))
    tube([(0.13, 0, 1.5), (0.134, 0, 1.54)], 0.018, light_source("#ff7a3a", 14))
    smoke = Material("#ffffff", 1)
    emit, clear, mix = smoke.node("Emission", Strength=0.85), smoke.node("BsdfTransparent"), smoke.node("MixShader")
    wisp, coords, split = smoke.noise(1.6, (1, 1, 0.35), 3), smoke.node("TexCoord"), smoke.node("SeparateXYZ")
    smoke.links.new(coords.outputs["UV"], split.inputs[0])
    edge = smoke.node("ValToRGB")
    edge.color_ramp.elements[0].color, edge.color_ramp.elements[1].color = (0, 0, 0, 1), (0, 0, 0, 1)
    edge.color_ramp.elements.new(0.5).color = (0.42, 0.42, 0.42, 1)
    times = smoke.node("Math", operation="MULTIPLY")
    smoke.links.new(split.outputs["X"], edge.inputs["Fac"])
    smoke.links.new(edge.outputs["Color"], times.inputs[0])
    smoke.links.new(wisp, times.inputs[1])
    smoke.links.new(times.outputs["Value"], mix.inputs["Fac"])
    smoke.links.new(clear.outputs["BSDF"], mix.inputs[1])
    smoke.links.new(emit.outputs["Emission"], mix.inputs[2])
    smoke.links.new(mix.outputs["Shader"], smoke.nodes["Material Output"].inputs["Surface"])
    for phase, wide in ((0.0, 1.0), (0.9, 0.6)):

        def ribbon(u: float, v: float, phase: float = phase, wide: float = wide) -> Point3:
            middle = 0.135 + 0.16 * v * math.sin(5.2 * v + phase) + 0.1 * v * v
            return middle + (u - 0.5) * wide * (0.03 + 0.34 * v**1.5), 0.0, 1.54 + 1.5 * v

        item = sheet(16, 90, ribbon, smoke)
        layer = item.data.uv_layers.new()
        for loop in item.data.loops:
            layer.data[loop.index].uv = ((loop.vertex_index // 91) / 16, (loop.vertex_index % 91) / 90)
        item.visible_shadow = False
    camera((0.1, 0, 1.25), 3.4, 14)


def still_life() -> None:
    """The front page: a table by a window."""
    studio("#d9c7ac", wall=3.2, sun=0, ambient=0.5)
    table = wood("#b98a5a", "#96683d", 0, 0.4)
    box((40, 14, 0.6), table, 0.05, (0, -4.1, -0.58))
    lamp("SUN", 5.2, "#ffe6c4", turn=(58, 0, -64), angle=math.radians(1.6))
    dark = Material("#000000", 1)
    for k in range(4):  # window bars and leaves, out of the picture, for their shadows
        box((0.25, 0.25, 14), dark, 0, (-9.6, -7.6 + 3.2 * k, -1))
    rng = random.Random(8)
    for _ in range(70):
        at = (-6.5 + rng.gauss(0, 0.7), -2.6 + rng.gauss(0, 1.5), 4.6 + rng.gauss(0, 1.3))
        leaf = sheet(8, 4, lambda u, v: (u * 0.95, (v - 0.5) * 0.36 * math.sin(math.pi * u), 0.0), dark)
        place(leaf, at, (rng.uniform(-60, 60), rng.uniform(-50, 50), rng.uniform(0, 360)))
    for item in (jar(glaze("#f4f1ea", "#e8e3d8", 0.2)), *branch((0.05, 0, 1.0), (1.3, -0.1, 3.9), 7, 34)):
        item.location = Vector(item.location) + Vector((2.2, 0.75, 0))
    before = set(bpy.data.objects)
    teapot_onggi()
    pot = bpy.data.objects.new("p", None)
    bpy.context.collection.objects.link(pot)
    for item in set(bpy.data.objects) - before - {pot}:
        item.parent = pot
    place(pot, (4.35, 0.35, 0), (0, 0, 205))
    cup(celadon(), (3.35, -0.75, 0), tea=True)
    cup(celadon(), (2.35, -0.95, 0))
    for item in folded(1.5, 1.3, 3, 0.07, cloth("#b5603f", "#964a2d", 64, 0.5)):
        place(item, (5.25, -1.0, 0), (0, 0, -30))


def hero() -> None:
    still_life()
    camera((1.0, 0, 1.7), 10.2, 8, lens=70)


def hero_phone() -> None:
    still_life()
    camera((3.1, 0, 1.75), 6.0, 8, lens=70)


SCENES: dict[str, Callable[[], None]] = {
    function.__name__.replace("_", "-"): function
    for function in (
        moon_jar, table_lamp, celadon_cups, soban, stoneware_mug, throw, cutting_board, hanji_lamp, teapot,
            rice_bowls,
        brass_cutlery, plates, carafe, rice_pot, dripper, pepper_mill, salad_bowl, tea_towels, candle, cushion,
            planter,
        notebooks, desk_clock, incense, hero, hero_phone,
    )
}  # fmt: skip
SIZES = {"hero": (1600, 800), "hero-phone": (800, 720)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=f"of: {', '.join(SCENES)}")
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--scale", type=float, default=1.0, help="of the picture's size, to try something out")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    unknown = set(args.names) - set(SCENES)
    if unknown:
        parser.error(f"no picture is called {', '.join(sorted(unknown))}")
    for name in args.names or SCENES:
        width, height = (int(side * args.scale) for side in SIZES.get(name, (640, 640)))
        SCENES[name]()
        with tempfile.TemporaryDirectory() as folder:
            png = Path(folder) / "picture.png"
            render(png, width, height, args.samples)
            picture = Image.open(png).convert("RGB")
            picture.save(args.out / f"{name}.webp", quality=86, method=6)
            if name not in SIZES:
                small = (400, 400)
                picture.resize(small, Image.Resampling.LANCZOS).save(args.out / f"{name}-400.webp", quality=84,
                    method=6)
        print(name, file=sys.stderr)


if __name__ == "__main__":
    main()
