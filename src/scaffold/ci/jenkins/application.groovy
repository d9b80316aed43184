// For the repository of the application, as a multibranch pipeline: a push gives its branch an environment with the new
// image. A branch that is deleted goes by the job of the environments, at once by a webhook or at night.
//
// Credentials: `environments`, a user who may push to the repository of the environments. Agents have git and pleach. Shell
// lines stand in single quotes, so that Groovy puts no name of a branch into them.
pipeline {
    agent any
    environment {
        ENVIRONMENTS = 'https://git.example.com/shop/environments.git'
    }
    stages {
        // A stage that builds the image and pushes it comes before this one.
        stage('environment') {
            when { not { changeRequest() } }
            steps {
                withCredentials([gitUsernamePassword(credentialsId: 'environments')]) {
                    sh '''
                        rm -rf environments
                        git clone -q "$ENVIRONMENTS" environments
                        sh environments/ci/publish.sh "$BRANCH_NAME is at $GIT_COMMIT" \
                            pleach branch set --create \
                            --image "backend=registry.example.com/shop/backend:$GIT_COMMIT" -- "$BRANCH_NAME"
                    '''
                }
            }
        }
    }
}
