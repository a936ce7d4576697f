document.querySelector("h1").append(" (script ran)");
