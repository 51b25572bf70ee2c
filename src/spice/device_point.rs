//! Where a transistor rests: its operating point as ngspice's model says it, and what a designer reads from that.

/// Below this drain current, in A, a transistor is off.
const OFF: f64 = 1e-12;
/// From this gm/ID on, in 1/V, inversion is weak where a model does not tell its threshold.
const WEAK: f64 = 20.0;

/// The operating point of one transistor, in SI units, as its model says it: `None` is what the model does not offer.
///
/// The signs are the model's own: BSIM says positive numbers of an NMOS and of a PMOS that conduct, other models do
/// not. All methods go by magnitudes.
#[derive(Clone, Debug, PartialEq)]
pub struct DevicePoint {
    /// The device, as the circuit's groups name it, such as `M1`.
    pub device: String,
    /// What ngspice calls the transistor, such as `m.xa.xm1.msky130_fd_pr__nfet_01v8`.
    pub element: String,
    /// The place of the testbench in whose operating point it rests so.
    pub testbench: usize,
    /// Drain current in A, of all fingers and all transistors side by side.
    pub id: Option<f64>,
    /// Transconductance in S.
    pub gm: Option<f64>,
    /// Output conductance in S.
    pub gds: Option<f64>,
    /// Gate to source in V.
    pub vgs: Option<f64>,
    /// Drain to source in V.
    pub vds: Option<f64>,
    /// Threshold in V, with body effect and what the drain adds.
    pub vth: Option<f64>,
    /// Saturation voltage in V.
    pub vdsat: Option<f64>,
}

/// How a transistor works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperatingRegion {
    /// It carries less than 1 pA.
    Off,
    /// In weak inversion, saturated.
    Weak,
    /// Below saturation, whatever the inversion.
    Triode,
    /// In saturation, in moderate or strong inversion.
    Saturation,
}

impl OperatingRegion {
    /// In a word: `off`, `weak`, `triode` or `saturation`.
    pub fn name(self) -> &'static str {
        match self {
            OperatingRegion::Off => "off",
            OperatingRegion::Weak => "weak",
            OperatingRegion::Triode => "triode",
            OperatingRegion::Saturation => "saturation",
        }
    }
}

impl DevicePoint {
    /// gm/ID in 1/V; `None` where either is missing or no current flows.
    pub fn gm_over_id(&self) -> Option<f64> {
        let ratio = self.gm?.abs() / self.id?.abs();
        ratio.is_finite().then_some(ratio)
    }

    /// |vds| − |vdsat| in V: how far the drain may still move; negative below saturation.
    pub fn headroom(&self) -> Option<f64> {
        Some(self.vds?.abs() - self.vdsat?.abs())
    }

    /// How it works, the first of these that holds: *off* where |id| < 1 pA; *triode* where |vds| < |vdsat|; *weak* where
    /// |vgs| < |vth|, or of a model without a threshold where gm/ID ≥ 20/V; *saturation*. `None` where the model tells too
    /// little to decide.
    pub fn region(&self) -> Option<OperatingRegion> {
        if self.id?.abs() < OFF {
            return Some(OperatingRegion::Off);
        }
        if self.headroom()? < 0.0 {
            return Some(OperatingRegion::Triode);
        }
        let weak = match (self.vgs, self.vth) {
            // a threshold of the other sign, as of a depletion transistor, is no measure of a magnitude
            (Some(vgs), Some(vth)) if vgs * vth > 0.0 => vgs.abs() < vth.abs(),
            _ => self.gm_over_id()? >= WEAK,
        };
        Some(if weak { OperatingRegion::Weak } else { OperatingRegion::Saturation })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(id: f64, vgs: f64, vds: f64) -> DevicePoint {
        DevicePoint {
            device: "M1".to_owned(),
            element: "m1".to_owned(),
            testbench: 0,
            id: Some(id),
            gm: Some(2e-5),
            gds: Some(1e-7),
            vgs: Some(vgs),
            vds: Some(vds),
            vth: Some(0.4),
            vdsat: Some(0.1),
        }
    }

    #[test]
    fn a_region_is_told_by_magnitudes() {
        let region = |point: DevicePoint| point.region();
        assert_eq!(region(point(1e-13, 0.1, 0.5)), Some(OperatingRegion::Off));
        assert_eq!(region(point(1e-6, 0.5, 0.05)), Some(OperatingRegion::Triode));
        assert_eq!(region(point(1e-6, 0.3, 0.05)), Some(OperatingRegion::Triode));
        assert_eq!(region(point(1e-6, 0.3, 0.5)), Some(OperatingRegion::Weak));
        assert_eq!(region(point(1e-6, 0.5, 0.5)), Some(OperatingRegion::Saturation));
        // a PMOS of a model that says what its terminals carry
        let signed = DevicePoint { vth: Some(-0.4), vdsat: Some(-0.1), ..point(-1e-6, -0.5, -0.3) };
        assert_eq!(signed.region(), Some(OperatingRegion::Saturation));
        assert_eq!(signed.headroom().map(|v| (v * 1e9).round()), Some(0.2e9));
        assert_eq!(signed.gm_over_id().map(f64::round), Some(20.0));
        // a depletion transistor at a gate voltage of its source, strongly on
        let on = DevicePoint { vth: Some(-0.4), gm: Some(5e-6), ..point(1e-6, 0.0, 0.5) };
        assert_eq!(on.region(), Some(OperatingRegion::Saturation));
    }

    #[test]
    fn what_a_model_does_not_tell_is_not_invented() {
        let point = DevicePoint { vdsat: None, ..point(1e-6, 0.5, 0.5) };
        assert_eq!((point.headroom(), point.region()), (None, None));
        let point = DevicePoint { vdsat: Some(0.1), vth: None, gm: None, ..point };
        assert_eq!((point.gm_over_id(), point.region()), (None, None));
        let idle = DevicePoint { id: Some(0.0), ..point };
        assert_eq!((idle.gm_over_id(), idle.region()), (None, Some(OperatingRegion::Off)));
    }
}
