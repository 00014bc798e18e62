//! Where Commons is.

use std::{borrow::Cow, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::error::{Error, ErrorKind, Result};

/// The Commons servers that Instructure runs, one for each part of the world, and for each of
/// them one that shows what comes next.
///
/// Stands wherever the address of a server is asked for. That may be any other address too: with
/// or without the `/api` at its end.
///
/// ```
/// use canvas_groups::{Lor, lor::Region};
///
/// let commons = Lor::new(Region::AustraliaNz, "session-id")?;
/// let elsewhere = Lor::new("https://commons.example.edu", "session-id")?;
/// # Ok::<(), canvas_groups::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Region {
    /// The United States and Latin America.
    UsLatam,
    /// The beta of [`UsLatam`](Self::UsLatam).
    UsLatamBeta,
    /// Europe, the Middle East and Africa.
    Emea,
    /// The beta of [`Emea`](Self::Emea).
    EmeaBeta,
    /// Canada.
    Canada,
    /// The beta of [`Canada`](Self::Canada).
    CanadaBeta,
    /// Australia and New Zealand.
    AustraliaNz,
    /// The beta of [`AustraliaNz`](Self::AustraliaNz).
    AustraliaNzBeta,
    /// Asia and the Pacific.
    AsiaPacific,
    /// The beta of [`AsiaPacific`](Self::AsiaPacific).
    AsiaPacificBeta,
}

impl Region {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::UsLatam,
        Self::UsLatamBeta,
        Self::Emea,
        Self::EmeaBeta,
        Self::Canada,
        Self::CanadaBeta,
        Self::AustraliaNz,
        Self::AustraliaNzBeta,
        Self::AsiaPacific,
        Self::AsiaPacificBeta,
    ];

    /// The address of the API.
    pub const fn url(self) -> &'static str {
        match self {
            Self::UsLatam => "https://lor.instructure.com/api",
            Self::UsLatamBeta => "https://lor-beta.instructure.com/api",
            Self::Emea => "https://commons.eu-central.canvaslms.com/api",
            Self::EmeaBeta => "https://commons-fra-beta.instructure.com/api",
            Self::Canada => "https://commons.ca-central.canvaslms.com/api",
            Self::CanadaBeta => "https://commons-yul-beta.instructure.com/api",
            Self::AustraliaNz => "https://commons.sydney.canvaslms.com/api",
            Self::AustraliaNzBeta => "https://commons-syd-beta.instructure.com/api",
            Self::AsiaPacific => "https://commons.singapore.canvaslms.com/api",
            Self::AsiaPacificBeta => "https://commons-sin-beta.instructure.com/api",
        }
    }
}

impl Region {
    /// The name, such as `us_latam`: what its JSON is, and what it is read from.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UsLatam => "us_latam",
            Self::UsLatamBeta => "us_latam_beta",
            Self::Emea => "emea",
            Self::EmeaBeta => "emea_beta",
            Self::Canada => "canada",
            Self::CanadaBeta => "canada_beta",
            Self::AustraliaNz => "australia_nz",
            Self::AustraliaNzBeta => "australia_nz_beta",
            Self::AsiaPacific => "asia_pacific",
            Self::AsiaPacificBeta => "asia_pacific_beta",
        }
    }
}

/// Reads a region from its [name](Region::name), with `_` or `-`, or from its address.
impl FromStr for Region {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let name = text.trim().to_ascii_lowercase();
        let address = name.trim_end_matches('/');
        let name = name.replace('-', "_");
        let is_it = |region: &Self| {
            let url = region.url();
            name == region.name() || address == url || Some(address) == url.strip_suffix("/api")
        };
        Self::ALL.into_iter().find(is_it).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            let message = format!("no region of Commons is named {text:?}: use one of {names}");
            Error::new(ErrorKind::Configuration, message)
        })
    }
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl AsRef<str> for Region {
    fn as_ref(&self) -> &str {
        self.url()
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.url())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Lor;

    #[test]
    fn every_region_is_a_base_url_with_or_without_the_api_path() {
        let mut roots = BTreeSet::new();
        for region in Region::ALL {
            let root = Lor::new(region, "id").unwrap().root().to_string();
            assert_eq!(root, format!("{region}/"));
            let bare = region.url().strip_suffix("/api").unwrap();
            assert_eq!(Lor::new(bare, "id").unwrap().root().as_str(), root);
            roots.insert(root);
        }
        assert_eq!(roots.len(), 10);
    }

    #[test]
    fn every_region_is_read_from_its_name_its_address_and_its_json() {
        let mut names = BTreeSet::new();
        for region in Region::ALL {
            let dashes = region.name().replace('_', "-").to_uppercase();
            let bare = region.url().strip_suffix("api").unwrap();
            for text in [
                region.name(),
                &dashes,
                region.url(),
                bare,
                &format!("{region}"),
            ] {
                assert_eq!(text.parse::<Region>().unwrap(), region, "{text}");
            }
            let json = serde_json::to_string(&region).unwrap();
            assert_eq!(json, format!("\"{}\"", region.name()));
            assert_eq!(serde_json::from_str::<Region>(&json).unwrap(), region);
            assert_eq!(
                region.name().replace('_', ""),
                format!("{region:?}").to_lowercase()
            );
            names.insert(region.name());
        }
        assert_eq!(names.len(), 10);
        for wrong in ["", "usa", "https://lor.example/api", "us latam"] {
            let error = wrong.parse::<Region>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(
                error.to_string().contains("us_latam, us_latam_beta"),
                "{error}"
            );
        }
    }

    #[test]
    fn any_other_base_url_will_do() {
        for (url, root) in [
            ("https://lor.example", "https://lor.example/api/"),
            ("https://lor.example/api/", "https://lor.example/api/"),
            ("https://lor.example/lor", "https://lor.example/lor/api/"),
            (
                "https://lor.example/myapi",
                "https://lor.example/myapi/api/",
            ),
            ("http://127.0.0.1:8/api", "http://127.0.0.1:8/api/"),
        ] {
            assert_eq!(Lor::new(url, "id").unwrap().root().as_str(), root);
        }
    }
}
