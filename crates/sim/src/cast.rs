//! The people of a simulated world: they join by invitations as anybody does, and act only through the API.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::client::{Client, accept_invitation, random_key};

/// The office of Tanjung Emas.
pub const EMAS: &str = "060100";
/// The office of Tanjung Priok.
pub const PRIOK: &str = "040300";

/// Somebody in the cast.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Member {
    /// The part: unique in the cast.
    pub part: String,
    /// The role, as the API names it.
    pub role: String,
    /// The person's name.
    pub name: String,
    /// The name of the office or organisation.
    pub belongs_name: String,
    /// The name to sign in with.
    pub login: String,
    /// The password, random.
    pub password: String,
}

/// Everybody, by part, and what they belong to. Written down, so that a demo that starts again has the same people.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Cast {
    /// Who there is.
    pub members: BTreeMap<String, Member>,
    /// Numbers of the organisations by name.
    pub organisations: BTreeMap<String, u64>,
}

/// Name of the provider, whose first administrator the first start invites.
pub const PROVIDER: &str = "provider";
/// The importer.
pub const IMPORTER: &str = "PT Samudra Contoh";
/// The second importer, who must not see what the first one sees.
pub const OTHER_IMPORTER: &str = "PT Bahari Contoh";

impl Cast {
    /// Lets everybody join, from the two invitations of the first start.
    pub fn assemble(base: &str, customs_code: &str, provider_code: &str) -> Result<Self> {
        let mut cast = Self::default();
        cast.join(base, "supervisor", "Bambang Santoso", customs_code)?;
        cast.join(base, "provider_admin", "Rudi Hartono", provider_code)?;
        let supervisor = cast.sign_in(base, "supervisor")?;
        let admin = cast.sign_in(base, "provider_admin")?;
        let provider = belonging_organisation(&admin)?;
        cast.organisations.insert(PROVIDER.to_owned(), provider);
        cast.register_importers(&admin)?;
        let office = json!({"kind": "office", "office": EMAS});
        let nation = json!({"kind": "nation"});
        let provider = json!({"kind": "organisation", "organisation": provider});
        cast.invite(
            base,
            &supervisor,
            "officer",
            "customs_officer",
            "Siti Rahayu",
            &office,
        )?;
        cast.invite(base, &supervisor, "hq", "customs_hq", "Dewi Anggraini", &nation)?;
        cast.invite(base, &supervisor, "auditor", "auditor", "Ketut Wirawan", &nation)?;
        let priok = json!({"kind": "office", "office": PRIOK});
        cast.invite(
            base,
            &supervisor,
            "supervisor_priok",
            "customs_supervisor",
            "Ratna Siregar",
            &priok,
        )?;
        let supervisor_priok = cast.sign_in(base, "supervisor_priok")?;
        cast.invite(
            base,
            &supervisor_priok,
            "officer_priok",
            "customs_officer",
            "Yusuf Maulana",
            &priok,
        )?;
        cast.invite(
            base,
            &admin,
            "operator",
            "provider_operator",
            "Agus Prasetyo",
            &provider,
        )?;
        cast.invite(base, &admin, "technician", "technician", "Tono Wibowo", &provider)?;
        for (part, name, firm) in [
            ("importer", "Sari Wulandari", IMPORTER),
            ("other_importer", "Hendra Gunawan", OTHER_IMPORTER),
        ] {
            let firm = json!({"kind": "organisation", "organisation": cast.organisation(firm)?});
            cast.invite(base, &admin, part, "service_user", name, &firm)?;
        }
        let firm = json!({"kind": "organisation", "organisation": cast.organisation(IMPORTER)?});
        let importer = cast.sign_in(base, "importer")?;
        cast.invite(base, &importer, "driver", "driver", "Budi Setiawan", &firm)?;
        Ok(cast)
    }

    /// Signs somebody in.
    pub fn sign_in(&self, base: &str, part: &str) -> Result<Client> {
        let member = self
            .members
            .get(part)
            .with_context(|| format!("the cast has no {part}"))?;
        Client::sign_in(base, &member.login, &member.password)
    }

    /// The number of an organisation.
    pub fn organisation(&self, name: &str) -> Result<u64> {
        self.organisations
            .get(name)
            .copied()
            .with_context(|| format!("the cast has no {name}"))
    }

    fn register_importers(&mut self, admin: &Client) -> Result<()> {
        for name in [IMPORTER, OTHER_IMPORTER] {
            let body = json!({"name": name, "kind": "importer", "npwp": null});
            self.organisations
                .insert(name.to_owned(), admin.create("/organisations", body)?);
        }
        Ok(())
    }

    fn invite(
        &mut self,
        base: &str,
        by: &Client,
        part: &str,
        role: &str,
        name: &str,
        belongs: &Value,
    ) -> Result<()> {
        let body = json!({"role": role, "belongs": belongs, "valid_hours": 24});
        let issued = by
            .post("/invitations", body)
            .with_context(|| format!("could not invite a {role}"))?;
        let code = issued["code"].as_str().context("an invitation has no code")?;
        self.join(base, part, name, code)
    }

    fn join(&mut self, base: &str, part: &str, name: &str, code: &str) -> Result<()> {
        let login = name.split(' ').next().unwrap_or(name).to_lowercase();
        let password = random_key();
        accept_invitation(base, code, &login, &password, name)
            .with_context(|| format!("{part} could not join"))?;
        let client = Client::sign_in(base, &login, &password)?;
        let person = client.get("/session")?["person"].clone();
        let text = |field: &str| person[field].as_str().unwrap_or_default().to_owned();
        let member = Member {
            part: part.to_owned(),
            role: text("role"),
            name: name.to_owned(),
            belongs_name: text("belongs_name"),
            login,
            password,
        };
        self.members.insert(part.to_owned(), member);
        Ok(())
    }
}

fn belonging_organisation(client: &Client) -> Result<u64> {
    let session = client.get("/session")?;
    session["person"]["belongs"]["organisation"]
        .as_u64()
        .context("the provider's administrator has no organisation")
}
