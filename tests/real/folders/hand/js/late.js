const picture = new URL("../img/late.png", import.meta.url);
export const show = (place) => place.replaceChildren(Object.assign(new Image(), { src: picture.href }));
