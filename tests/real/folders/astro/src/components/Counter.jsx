import { useEffect, useState } from "preact/hooks";

export default function Counter({ start, picture }) {
  const [count, set] = useState(start);
  useEffect(() => {
    set(start + 1);
    document.body.dataset.ready = "yes";
  }, []);
  return (
    <figure>
      <img src={picture} alt="" />
      <figcaption>hydrated: {count}</figcaption>
    </figure>
  );
}
