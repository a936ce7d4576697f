//! What lightningcss 1.0.0-alpha.72 gets wrong in the order of declarations, put right around it.
//!
//! It collects shorthands and writes them at the end of a block, behind longhands that it does not count among them
//! (parcel-bundler/lightningcss#572, #1207, #1225), and takes a prefixed `backdrop-filter` for the plain one (#695, #1327). So before it
//! runs, what a later declaration resets is taken out; after it ran, what is left before its shorthand goes behind it.

use lightningcss::declaration::DeclarationBlock;
use lightningcss::properties::Property;
use lightningcss::rules::{CssRule, CssRuleList};
use lightningcss::vendor_prefix::VendorPrefix;

/// Takes out what means nothing.
pub(super) fn before(rules: &mut CssRuleList<'_>) {
    each(rules, &mut |list| {
        let plain = list.iter().any(|it| is_backdrop(it, VendorPrefix::None));
        for at in (0..list.len()).rev() {
            let reset = list[at + 1..].iter().any(|later| resets(later, &list[at]));
            // The prefix comes back where a browser needs it.
            if reset || (plain && is_backdrop(&list[at], VendorPrefix::WebKit)) {
                list.remove(at);
            }
        }
    });
}

/// Puts each longhand behind the shorthand that would reset it.
pub(super) fn after(rules: &mut CssRuleList<'_>) {
    each(rules, &mut |list| {
        for at in (0..list.len()).rev() {
            if let Some(behind) = list.iter().rposition(|it| resets(it, &list[at])).filter(|behind| *behind > at) {
                list[at..=behind].rotate_left(1);
            }
        }
    });
}

fn each<'i>(rules: &mut CssRuleList<'i>, mend: &mut impl FnMut(&mut Vec<Property<'i>>)) {
    let block = |block: &mut DeclarationBlock<'i>, mend: &mut dyn FnMut(&mut Vec<Property<'i>>)| {
        mend(&mut block.declarations);
        mend(&mut block.important_declarations);
    };
    for rule in &mut rules.0 {
        match rule {
            CssRule::Style(style) => {
                block(&mut style.declarations, mend);
                each(&mut style.rules, mend);
            }
            CssRule::Nesting(nesting) => {
                block(&mut nesting.style.declarations, mend);
                each(&mut nesting.style.rules, mend);
            }
            CssRule::NestedDeclarations(nested) => block(&mut nested.declarations, mend),
            CssRule::Media(group) => each(&mut group.rules, mend),
            CssRule::Supports(group) => each(&mut group.rules, mend),
            CssRule::LayerBlock(group) => each(&mut group.rules, mend),
            CssRule::Container(group) => each(&mut group.rules, mend),
            CssRule::Scope(group) => each(&mut group.rules, mend),
            CssRule::StartingStyle(group) => each(&mut group.rules, mend),
            _ => {}
        }
    }
}

fn unparsed(property: &Property<'_>) -> bool {
    matches!(property, Property::Unparsed(_))
}

fn is_backdrop(property: &Property<'_>, prefix: VendorPrefix) -> bool {
    let id = property.property_id();
    id.name() == "backdrop-filter" && id.prefix() == prefix
}

/// Whether a declaration, well understood, takes the effect of one before it.
fn resets(later: &Property<'_>, earlier: &Property<'_>) -> bool {
    if unparsed(later) {
        return false;
    }
    let id = earlier.property_id();
    let longhand = id.name();
    match later.property_id().name() {
        "font" => {
            longhand.starts_with("font-variant-") && longhand != "font-variant-caps"
                || matches!(
                    longhand,
                    "font-feature-settings"
                        | "font-kerning"
                        | "font-language-override"
                        | "font-optical-sizing"
                        | "font-size-adjust"
                        | "font-variation-settings"
                )
        }
        "animation" => {
            longhand.starts_with("animation-range")
                || matches!(longhand, "animation-timeline" | "animation-composition")
        }
        "transition" => longhand == "transition-behavior",
        // A value with `var()` comes out first, whichever order the two were in.
        name => matches!(name, "position" | "direction" | "unicode-bidi") && name == longhand && unparsed(earlier),
    }
}
