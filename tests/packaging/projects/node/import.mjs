import "cloud-run-auth";
