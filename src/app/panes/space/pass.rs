//! The pass that draws the 3-D view: into a picture of its own, multisampled and with depth, and that picture
//! onto the pane when the window's turn comes. WGSL in `shaders/space.wgsl`.

use super::camera::{DISTANCE, Projection};
use super::pipelines::{Blend, COLOUR, DEPTH, Make, SAMPLES, show_pipeline};
use bytemuck::{Pod, Zeroable};
use eframe::egui_wgpu::{CallbackResources, CallbackTrait, ScreenDescriptor};
use eframe::wgpu;
use egui::{Color32, PaintCallbackInfo, Rect};

/// How a mark looks; the numbers are those of `outside` in the shader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Shape {
    /// Filled.
    Disc = 0,
    /// Hollow.
    Ring = 1,
    /// Filled.
    Diamond = 2,
    /// Hollow.
    HollowDiamond = 3,
    /// Two strokes.
    Cross = 4,
    /// A speck.
    Square = 5,
}

/// A segment.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct Line {
    from: [f32; 3],
    to: [f32; 3],
    width: f32,
    colour: [u8; 4],
}

impl Line {
    /// `width` in points.
    pub fn new(from: [f32; 3], to: [f32; 3], width: f32, colour: Color32) -> Line {
        Line { from, to, width, colour: colour.to_array() }
    }
}

/// A design or a row.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct Point {
    at: [f32; 3],
    radius: f32,
    shape: u32,
    colour: [u8; 4],
}

impl Point {
    /// `radius` in points, in the middle of the scene.
    pub fn new(at: [f32; 3], radius: f32, shape: Shape, colour: Color32) -> Point {
        Point { at, radius, shape: shape as u32, colour: colour.to_array() }
    }
}

/// A corner of a triangle.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
pub struct Corner {
    at: [f32; 3],
    colour: [u8; 4],
}

impl Corner {
    /// Where the corner is.
    #[cfg(test)]
    pub fn place(&self) -> [f32; 3] {
        self.at
    }

    /// The colour is premultiplied, as egui's are.
    pub fn new(at: [f32; 3], colour: Color32) -> Corner {
        Corner { at, colour: colour.to_array() }
    }
}

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Uniform {
    to_clip: [[f32; 4]; 4],
    size: [f32; 2],
    scale: f32,
    linear_target: f32,
    distance: f32,
    unused: [f32; 3],
}

/// What a frame shows. Faces stand in the order in which they are drawn, the far ones first.
pub struct Picture {
    /// The pane.
    pub rect: Rect,
    /// The window's own format.
    pub target: wgpu::TextureFormat,
    /// How the space is seen.
    pub projection: Projection,
    /// What is behind everything, opaque.
    pub background: Color32,
    /// Grid, edges, stems; opaque.
    pub lines: Vec<Line>,
    /// Designs and rows; opaque.
    pub points: Vec<Point>,
    /// Three a triangle; translucent.
    pub faces: Vec<Corner>,
}

impl CallbackTrait for Picture {
    fn prepare(
        &self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        screen: &ScreenDescriptor,
        encoder: &mut wgpu::CommandEncoder,
        resources: &mut CallbackResources,
    ) -> Vec<wgpu::CommandBuffer> {
        let info = PaintCallbackInfo {
            viewport: self.rect,
            clip_rect: self.rect,
            pixels_per_point: screen.pixels_per_point,
            screen_size_px: screen.size_in_pixels,
        };
        let pixels = info.viewport_in_pixels();
        let size = [pixels.width_px.max(1) as u32, pixels.height_px.max(1) as u32];
        if resources.get::<Pass>().is_none() {
            resources.insert(Pass::new(device, self.target));
        }
        let pass = resources.get_mut::<Pass>().expect("it was inserted above");
        pass.fit(device, size);
        let uniform = Uniform {
            to_clip: self.projection.columns(),
            size: size.map(|s| s as f32),
            scale: screen.pixels_per_point,
            linear_target: if self.target.is_srgb() { 1.0 } else { 0.0 },
            distance: DISTANCE,
            unused: [0.0; 3],
        };
        queue.write_buffer(&pass.uniform, 0, bytemuck::bytes_of(&uniform));
        pass.lines.fill(device, queue, &self.lines);
        pass.points.fill(device, queue, &self.points);
        pass.faces.fill(device, queue, &self.faces);
        pass.draw(encoder, self.background);
        Vec::new()
    }

    fn paint(
        &self,
        _info: PaintCallbackInfo,
        render_pass: &mut wgpu::RenderPass<'static>,
        resources: &CallbackResources,
    ) {
        let Some(pass) = resources.get::<Pass>() else {
            return;
        };
        let Some(canvas) = &pass.canvas else {
            return;
        };
        render_pass.set_pipeline(&pass.show);
        render_pass.set_bind_group(0, &pass.scene, &[]);
        render_pass.set_bind_group(1, &canvas.shown, &[]);
        render_pass.draw(0..3, 0..1);
    }
}

/// A vertex buffer that grows.
struct Rows {
    buffer: Option<wgpu::Buffer>,
    count: u32,
}

impl Rows {
    fn fill<T: Pod>(&mut self, device: &wgpu::Device, queue: &wgpu::Queue, rows: &[T]) {
        self.count = rows.len() as u32;
        let bytes: &[u8] = bytemuck::cast_slice(rows);
        let wanted = bytes.len() as u64;
        if wanted == 0 {
            return;
        }
        if self.buffer.as_ref().is_none_or(|b| b.size() < wanted) {
            self.buffer = Some(device.create_buffer(&wgpu::BufferDescriptor {
                label: Some("space rows"),
                size: wanted.next_power_of_two().max(4096),
                usage: wgpu::BufferUsages::VERTEX | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            }));
        }
        if let Some(buffer) = &self.buffer {
            queue.write_buffer(buffer, 0, bytes);
        }
    }
}

/// What is drawn into, of the pane's size.
struct Canvas {
    size: [u32; 2],
    samples: wgpu::TextureView,
    depth: wgpu::TextureView,
    resolved: wgpu::TextureView,
    shown: wgpu::BindGroup,
}

/// Pipelines and buffers, kept from frame to frame.
struct Pass {
    uniform: wgpu::Buffer,
    scene: wgpu::BindGroup,
    picture_layout: wgpu::BindGroupLayout,
    sampler: wgpu::Sampler,
    line: wgpu::RenderPipeline,
    point: wgpu::RenderPipeline,
    face: wgpu::RenderPipeline,
    show: wgpu::RenderPipeline,
    lines: Rows,
    points: Rows,
    faces: Rows,
    canvas: Option<Canvas>,
}

fn layout_entry(binding: u32, ty: wgpu::BindingType) -> wgpu::BindGroupLayoutEntry {
    let visibility = wgpu::ShaderStages::VERTEX_FRAGMENT;
    wgpu::BindGroupLayoutEntry { binding, visibility, ty, count: None }
}

impl Pass {
    fn new(device: &wgpu::Device, target: wgpu::TextureFormat) -> Pass {
        let shader = device.create_shader_module(wgpu::include_wgsl!("../../../../shaders/space.wgsl"));
        let uniform = device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("space scene"),
            size: size_of::<Uniform>() as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let buffer = wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Uniform,
            has_dynamic_offset: false,
            min_binding_size: None,
        };
        let texture = wgpu::BindingType::Texture {
            sample_type: wgpu::TextureSampleType::Float { filterable: true },
            view_dimension: wgpu::TextureViewDimension::D2,
            multisampled: false,
        };
        let sampler = wgpu::BindingType::Sampler(wgpu::SamplerBindingType::Filtering);
        let layout = |label, entries: &[wgpu::BindGroupLayoutEntry]| {
            device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(label), entries })
        };
        let scene_layout = layout("space scene", &[layout_entry(0, buffer)]);
        let picture_layout = layout("space picture", &[layout_entry(0, texture), layout_entry(1, sampler)]);
        let scene = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("space scene"),
            layout: &scene_layout,
            entries: &[wgpu::BindGroupEntry { binding: 0, resource: uniform.as_entire_binding() }],
        });
        let in_scene = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("space scene"),
            bind_group_layouts: &[Some(&scene_layout)],
            immediate_size: 0,
        });
        let on_pane = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("space picture"),
            bind_group_layouts: &[Some(&scene_layout), Some(&picture_layout)],
            immediate_size: 0,
        });
        use wgpu::VertexStepMode::{Instance, Vertex};
        let rows = |stride: usize, step_mode, attributes| wgpu::VertexBufferLayout {
            array_stride: stride as u64,
            step_mode,
            attributes,
        };
        let line = wgpu::vertex_attr_array![0 => Float32x3, 1 => Float32x3, 2 => Float32, 3 => Uint32];
        let point = wgpu::vertex_attr_array![0 => Float32x3, 1 => Float32, 2 => Uint32, 3 => Uint32];
        let corner = wgpu::vertex_attr_array![0 => Float32x3, 1 => Uint32];
        let make = Make { device, shader: &shader, layout: &in_scene };
        Pass {
            line: make.pipeline(
                ("line_vertex", "flat_fragment"),
                rows(size_of::<Line>(), Instance, &line),
                Blend::No,
            ),
            point: make.pipeline(
                ("mark_vertex", "mark_fragment"),
                rows(size_of::<Point>(), Instance, &point),
                Blend::Coverage,
            ),
            face: make.pipeline(
                ("face_vertex", "flat_fragment"),
                rows(size_of::<Corner>(), Vertex, &corner),
                Blend::Over,
            ),
            show: show_pipeline(device, &shader, &on_pane, target),
            sampler: device.create_sampler(&wgpu::SamplerDescriptor::default()),
            uniform,
            scene,
            picture_layout,
            lines: Rows { buffer: None, count: 0 },
            points: Rows { buffer: None, count: 0 },
            faces: Rows { buffer: None, count: 0 },
            canvas: None,
        }
    }

    /// Makes what is drawn into as large as the pane.
    fn fit(&mut self, device: &wgpu::Device, size: [u32; 2]) {
        if self.canvas.as_ref().is_some_and(|c| c.size == size) {
            return;
        }
        let make = |label, format, sample_count, usage| {
            let texture = device.create_texture(&wgpu::TextureDescriptor {
                label: Some(label),
                size: wgpu::Extent3d { width: size[0], height: size[1], depth_or_array_layers: 1 },
                mip_level_count: 1,
                sample_count,
                dimension: wgpu::TextureDimension::D2,
                format,
                usage,
                view_formats: &[],
            });
            texture.create_view(&wgpu::TextureViewDescriptor::default())
        };
        let drawn = wgpu::TextureUsages::RENDER_ATTACHMENT;
        let resolved = make("space picture", COLOUR, 1, drawn | wgpu::TextureUsages::TEXTURE_BINDING);
        let shown = device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("space picture"),
            layout: &self.picture_layout,
            entries: &[
                wgpu::BindGroupEntry { binding: 0, resource: wgpu::BindingResource::TextureView(&resolved) },
                wgpu::BindGroupEntry { binding: 1, resource: wgpu::BindingResource::Sampler(&self.sampler) },
            ],
        });
        self.canvas = Some(Canvas {
            size,
            samples: make("space samples", COLOUR, SAMPLES, drawn),
            depth: make("space depth", DEPTH, SAMPLES, drawn),
            resolved,
            shown,
        });
    }

    fn draw(&self, encoder: &mut wgpu::CommandEncoder, background: Color32) {
        let Some(canvas) = &self.canvas else {
            return;
        };
        let [r, g, b, _] = background.to_array().map(|c| f64::from(c) / 255.0);
        let mut pass = encoder.begin_render_pass(&wgpu::RenderPassDescriptor {
            label: Some("space"),
            color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                view: &canvas.samples,
                resolve_target: Some(&canvas.resolved),
                ops: wgpu::Operations {
                    load: wgpu::LoadOp::Clear(wgpu::Color { r, g, b, a: 1.0 }),
                    store: wgpu::StoreOp::Discard,
                },
                depth_slice: None,
            })],
            depth_stencil_attachment: Some(wgpu::RenderPassDepthStencilAttachment {
                view: &canvas.depth,
                depth_ops: Some(wgpu::Operations {
                    load: wgpu::LoadOp::Clear(1.0),
                    store: wgpu::StoreOp::Discard,
                }),
                stencil_ops: None,
            }),
            ..wgpu::RenderPassDescriptor::default()
        });
        pass.set_bind_group(0, &self.scene, &[]);
        // translucent last: it lets through what stands behind it and changes no depth
        for (pipeline, rows, corners) in
            [(&self.line, &self.lines, 4), (&self.point, &self.points, 4), (&self.face, &self.faces, 0)]
        {
            let Some(buffer) = rows.buffer.as_ref().filter(|_| rows.count > 0) else {
                continue;
            };
            pass.set_pipeline(pipeline);
            pass.set_vertex_buffer(0, buffer.slice(..));
            match corners {
                0 => pass.draw(0..rows.count, 0..1),
                n => pass.draw(0..n, 0..rows.count),
            }
        }
    }
}
