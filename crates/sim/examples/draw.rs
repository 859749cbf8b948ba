//! Draws one photo of each scene into a folder, to be looked at.

use segel_sim::photo::{Scene, Shot, take};

fn main() -> anyhow::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".to_owned());
    for scene in [Scene::Door, Scene::Seal, Scene::Rods, Scene::Truck] {
        let place = segel_geo::Position {
            lat: -6.938889,
            lon: 110.423889,
        };
        let shot = Shot {
            scene,
            container: "CSQU3054383",
            seal_label: "JT701-098231",
            plate: "H 1234 AB",
            unix_s: 0,
            place,
            open: false,
        };
        std::fs::write(format!("{folder}/{scene:?}.jpg").to_lowercase(), take(&shot)?)?;
    }
    Ok(())
}
