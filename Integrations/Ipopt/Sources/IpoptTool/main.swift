import CurvatureCommands
print("x")
