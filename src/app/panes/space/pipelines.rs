//! The pipelines of the 3-D view's pass.

use eframe::wgpu;

/// In gamma space, as the window blends.
pub const COLOUR: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;
/// Of the pass's own depth.
pub const DEPTH: wgpu::TextureFormat = wgpu::TextureFormat::Depth32Float;
/// Four samples are had everywhere.
pub const SAMPLES: u32 = 4;

/// How a pipeline's colours meet those that are there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Blend {
    /// The new replace the old.
    No,
    /// The new replace the old in as many samples as their alpha says.
    Coverage,
    /// The new are laid over the old, as thick as their alpha says.
    Over,
}

/// What the scene's pipelines share.
pub struct Make<'a> {
    /// The device that draws the window.
    pub device: &'a wgpu::Device,
    /// `shaders/space.wgsl`.
    pub shader: &'a wgpu::ShaderModule,
    /// What the shader's groups of bindings hold.
    pub layout: &'a wgpu::PipelineLayout,
}

impl Make<'_> {
    /// A pipeline from the names of its two stages and what a row holds: an instance of four corners, or a
    /// corner.
    pub fn pipeline(
        &self,
        (vertex, fragment): (&str, &str),
        rows: wgpu::VertexBufferLayout<'_>,
        blend: Blend,
    ) -> wgpu::RenderPipeline {
        let strip = rows.step_mode == wgpu::VertexStepMode::Instance;
        let topology = match strip {
            true => wgpu::PrimitiveTopology::TriangleStrip,
            false => wgpu::PrimitiveTopology::TriangleList,
        };
        self.device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
            label: Some(vertex),
            layout: Some(self.layout),
            vertex: wgpu::VertexState {
                module: self.shader,
                entry_point: Some(vertex),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                buffers: &[Some(rows)],
            },
            primitive: wgpu::PrimitiveState { topology, ..wgpu::PrimitiveState::default() },
            depth_stencil: Some(wgpu::DepthStencilState {
                format: DEPTH,
                depth_write_enabled: Some(blend != Blend::Over),
                depth_compare: Some(wgpu::CompareFunction::LessEqual),
                stencil: wgpu::StencilState::default(),
                bias: wgpu::DepthBiasState::default(),
            }),
            multisample: wgpu::MultisampleState {
                count: SAMPLES,
                mask: !0,
                alpha_to_coverage_enabled: blend == Blend::Coverage,
            },
            fragment: Some(wgpu::FragmentState {
                module: self.shader,
                entry_point: Some(fragment),
                compilation_options: wgpu::PipelineCompilationOptions::default(),
                targets: &[Some(wgpu::ColorTargetState {
                    format: COLOUR,
                    blend: (blend == Blend::Over).then_some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
                    write_mask: wgpu::ColorWrites::ALL,
                })],
            }),
            multiview_mask: None,
            cache: None,
        })
    }
}

/// The picture onto the pane, in the window's own pass.
pub fn show_pipeline(
    device: &wgpu::Device,
    shader: &wgpu::ShaderModule,
    layout: &wgpu::PipelineLayout,
    target: wgpu::TextureFormat,
) -> wgpu::RenderPipeline {
    device.create_render_pipeline(&wgpu::RenderPipelineDescriptor {
        label: Some("space show"),
        layout: Some(layout),
        vertex: wgpu::VertexState {
            module: shader,
            entry_point: Some("show_vertex"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            buffers: &[],
        },
        primitive: wgpu::PrimitiveState::default(),
        depth_stencil: None,
        multisample: wgpu::MultisampleState::default(),
        fragment: Some(wgpu::FragmentState {
            module: shader,
            entry_point: Some("show_fragment"),
            compilation_options: wgpu::PipelineCompilationOptions::default(),
            targets: &[Some(target.into())],
        }),
        multiview_mask: None,
        cache: None,
    })
}
