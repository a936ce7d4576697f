(function () {
  var image = new Image();
  image.src = "img/" + "tile" + ".png";
  document.getElementById("classic").appendChild(image);
})();
