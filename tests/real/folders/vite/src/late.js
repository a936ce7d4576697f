import "./late.css";
import { count } from "./shared.js";
export const show = (place) => (place.textContent = `late, and the same module: ${count() === 2}`);
