for (const link of document.querySelectorAll("nav a")) link.append(" ›");
