onmessage = (event) => postMessage(`worker: ${event.data * 7}`);
