// The 3-D view of the specification's box: lines, marks and faces into a picture of its own with depth, then
// that picture onto the pane. Colours are gamma-encoded as in the rest of the window, so that blending agrees.

struct Scene {
    to_clip: mat4x4<f32>,
    // of the picture, in pixels
    size: vec2<f32>,
    // pixels a point
    scale: f32,
    // 1 where the window's own target takes linear light
    linear_target: f32,
    // of the eye from the middle of the scene
    distance: f32,
    unused_a: f32,
    unused_b: f32,
    unused_c: f32,
};

@group(0) @binding(0) var<uniform> scene: Scene;

// ---- lines: an instance is a segment, four corners make it as wide as it should be in pixels

struct Line {
    @location(0) from_point: vec3<f32>,
    @location(1) to_point: vec3<f32>,
    @location(2) width: f32,
    @location(3) colour: u32,
};

struct Painted {
    @builtin(position) position: vec4<f32>,
    @location(0) @interpolate(flat) colour: vec4<f32>,
};

@vertex
fn line_vertex(@builtin(vertex_index) corner: u32, line: Line) -> Painted {
    let a = scene.to_clip * vec4<f32>(line.from_point, 1.0);
    let b = scene.to_clip * vec4<f32>(line.to_point, 1.0);
    let half_size = scene.size * 0.5;
    let along = (b.xy / b.w - a.xy / a.w) * half_size;
    let unit = along / max(length(along), 1e-5);
    let side = select(-0.5, 0.5, (corner & 1u) == 1u) * line.width * scene.scale;
    let shift = vec2<f32>(-unit.y, unit.x) * side / half_size;
    let end = select(a, b, corner >= 2u);
    var painted: Painted;
    // a little towards the eye, so that the box's edges stand clear of its faces
    painted.position = end + vec4<f32>(shift * end.w, -4e-4 * end.w, 0.0);
    painted.colour = unpack4x8unorm(line.colour);
    return painted;
}

@fragment
fn flat_fragment(painted: Painted) -> @location(0) vec4<f32> {
    return painted.colour;
}

// ---- marks: an instance is a square that faces the eye, on which a shape is drawn by its distance

struct Mark {
    @location(0) centre: vec3<f32>,
    @location(1) radius: f32,
    @location(2) shape: u32,
    @location(3) colour: u32,
};

struct Marked {
    @builtin(position) position: vec4<f32>,
    @location(0) at: vec2<f32>,
    @location(1) @interpolate(flat) radius: f32,
    @location(2) @interpolate(flat) shape: u32,
    @location(3) @interpolate(flat) colour: vec4<f32>,
};

@vertex
fn mark_vertex(@builtin(vertex_index) corner: u32, mark: Mark) -> Marked {
    let centre = scene.to_clip * vec4<f32>(mark.centre, 1.0);
    // nearer ones are larger: a second cue of depth
    let radius = mark.radius * scene.scale * scene.distance / centre.w;
    let sign = vec2<f32>(select(-1.0, 1.0, (corner & 1u) == 1u), select(-1.0, 1.0, corner >= 2u));
    let at = sign * (radius * 1.3 + 1.0);
    var marked: Marked;
    marked.position = centre + vec4<f32>(at * 2.0 / scene.size * centre.w, 0.0, 0.0);
    marked.at = at;
    marked.radius = radius;
    marked.shape = mark.shape;
    marked.colour = unpack4x8unorm(mark.colour);
    return marked;
}

// The numbers are those of `Shape` in src/app/look/space/pass.rs. Pixels from the shape's edge, negative inside.
fn outside(shape: u32, at: vec2<f32>, r: f32) -> f32 {
    let p = abs(at);
    let disc = length(at) - r;
    let diamond = (p.x + p.y - 1.2 * r) * 0.7071;
    let pen = 0.7 * scene.scale;
    switch shape {
        case 0u: { return disc; }
        case 1u: { return abs(disc + pen) - pen; }
        case 2u: { return diamond; }
        case 3u: { return abs(diamond + pen) - pen; }
        case 4u: { return max(abs(p.x - p.y) * 0.7071 - pen, max(p.x, p.y) - 0.8 * r); }
        default: { return max(p.x, p.y) - r; }
    }
}

@fragment
fn mark_fragment(marked: Marked) -> @location(0) vec4<f32> {
    let covered = clamp(0.5 - outside(marked.shape, marked.at, marked.radius), 0.0, 1.0);
    if covered <= 0.0 {
        discard;
    }
    // alpha becomes coverage: edges are smooth and still write their depth
    return vec4<f32>(marked.colour.rgb, covered);
}

// ---- faces of the box, translucent, the far ones first

struct Corner {
    @location(0) place: vec3<f32>,
    @location(1) colour: u32,
};

@vertex
fn face_vertex(corner: Corner) -> Painted {
    var painted: Painted;
    painted.position = scene.to_clip * vec4<f32>(corner.place, 1.0);
    painted.colour = unpack4x8unorm(corner.colour);
    return painted;
}

// ---- the picture onto the pane

@group(1) @binding(0) var picture: texture_2d<f32>;
@group(1) @binding(1) var nearest: sampler;

struct Shown {
    @builtin(position) position: vec4<f32>,
    @location(0) at: vec2<f32>,
};

@vertex
fn show_vertex(@builtin(vertex_index) corner: u32) -> Shown {
    // one triangle over the whole pane
    let at = vec2<f32>(f32((corner << 1u) & 2u), f32(corner & 2u));
    var shown: Shown;
    shown.position = vec4<f32>(at.x * 2.0 - 1.0, 1.0 - at.y * 2.0, 0.0, 1.0);
    shown.at = at;
    return shown;
}

@fragment
fn show_fragment(shown: Shown) -> @location(0) vec4<f32> {
    let encoded = textureSample(picture, nearest, shown.at).rgb;
    let low = encoded / 12.92;
    let high = pow((encoded + 0.055) / 1.055, vec3<f32>(2.4));
    let linear = select(high, low, encoded < vec3<f32>(0.04045));
    return vec4<f32>(select(encoded, linear, scene.linear_target > 0.5), 1.0);
}
